"""Texts as XML may hold them: names of a user's catalogue may have any character."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
INSTEAD = "\ufffd"


def legal(root: ET.Element) -> ET.Element:
    """Replace, in an element and all it holds, the characters that XML 1.0 has no way to write."""
    for element in root.iter():
        if element.text:
            element.text = _ILLEGAL.sub(INSTEAD, element.text)
        for key, value in element.attrib.items():
            element.attrib[key] = _ILLEGAL.sub(INSTEAD, value)
    return root
