"""Which columns name a person or a way to reach one, so that no public file carries them.

Station lists of unions hold the name and telephone number of whoever is in charge (负责人, 电话).
They help the office that keeps the list and belong to nobody else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable

__all__ = ["is_private", "private_columns"]

_CHINESE = re.compile(
    "电话|電話|手机|手機|座机|座機|固话|固話|负责人|負責人|联系人|联系方式|聯繫|聯絡|联络"
    "|经办人|經辦人|管理员|管理員|站长|站長|姓名|身份证|身份證|微信|邮箱|郵箱|邮件|傳真|传真"
)
_ENGLISH = frozenset(
    [
        *("phone", "phones", "telephone", "tel", "mobile", "mobiles", "cellphone", "fax"),
        *("contact", "contacts", "email", "emails", "mail", "wechat", "weixin", "principal"),
    ]
)
_PERSONS = re.compile(
    r"we_?chat|person_in_charge|responsible_person|head_name|id_card|fuzeren|lianxi|dianhua"
)


def is_private(heading: object) -> bool:
    """Say whether a column of this heading holds a person's name or contact.

    Headings are compared whatever their width and case. English ones go word by word, so
    ``contact:phone`` and ``PhoneNumber`` count and ``hotel`` or ``union_in_charge`` do not.
    """
    text = unicodedata.normalize("NFKC", str(heading))
    if _CHINESE.search(re.sub(r"\s", "", text)):
        return True
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text).lower())
    return bool(_ENGLISH.intersection(words) or _PERSONS.search("_".join(words)))


def private_columns(columns: Iterable[Hashable]) -> list[Hashable]:
    """Return those of `columns` that are private, in their order."""
    return [column for column in columns if is_private(column)]
