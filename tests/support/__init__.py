"""What several layers' tests share."""
