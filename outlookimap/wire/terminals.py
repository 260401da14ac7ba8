"""The terminals of RFC 3501 section 9 that reader and writer agree on, as patterns: one definition for both."""

from __future__ import annotations

import re

ATOM = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
ASTRING = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+')
LIST_MAILBOX = re.compile(rb'[^\x00-\x20\x7f-\xff(){"\\]+')
FLAG = re.compile(rb'\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+|\\\*')
TAG = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\+]+')
