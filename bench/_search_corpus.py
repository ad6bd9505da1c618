"""A million messages in Chinese and English, the same for the same seed.

Words are as frequent as in people's speech (Zipf: the tenth word is said a tenth as often as the first): the
most frequent are real ones, the long tail is made of syllables and of frequent characters.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

VOCABULARY = 40_000
CHINESE_SHARE = 0.6
_ENGLISH = (
    "the to and you of a i in is that it for on we have be this not with are can will at do so if me "
    "was what your but just all my like get know up time there good out from they now no one when go "
    "see about work today think then want need day how would some more yes here tomorrow make home "
    "please thanks back new people meeting let come school week morning right look project really "
    "still should send office great"
)
_CHINESE = (
    "的 我 你 是 了 不 在 好 我们 就 有 也 都 一下 这个 去 吗 要 说 没有 今天 可以 那 看 什么 吧 明天 "
    "现在 知道 他 大家 时候 来 一个 谢谢 还是 因为 开会 老师 学校 工作 晚上 时间 公司 回家 问题 孩子 "
    "吃饭 北京 上海 已经 觉得 比较 可能 早上 下午 朋友 一起 需要 东西 电话 文件 项目 周末 天气 考试 "
    "同学 医院 火车 飞机 照片 生日 中国"
)
_CHARACTERS = (
    "人大中国学生工作时间上下家里天地年月日水火山木土金风雨雪花草树鸟鱼马牛羊车船路门口手心头目耳东西南北春夏秋冬"
    "红黄蓝白黑高低长短新旧多少前后左右内外开关来回出入行走坐立言语文字书画音乐电影公司市场银行医药茶酒饭菜果米面"
)
_SYLLABLES = (
    "ba be bo ca co da de di do fa fi ga go ha he ho ka ki la le li lo ma me mi na ne no pa per ra re "
    "ri ro sa se si so ta te ti to va ve vi"
)


class Said(NamedTuple):
    """A message: who said what, where and when. People and conversations are numbers."""

    place: int
    author: int
    at_ms: int
    text: str


class Rare(NamedTuple):
    """Words of the tail, to look for."""

    english: str
    chinese: str


class Corpus:
    """Messages of `people` in `places`, over three years."""

    def __init__(self, seed: int, people: int, places: int, now_ms: int) -> None:
        self._random = random.Random(seed)
        self._people = people
        self._places = places
        self._now_ms = now_ms
        self._english = self._vocabulary(_ENGLISH.split(), self._english_word)
        self._chinese = self._vocabulary(_CHINESE.split(), self._chinese_word)
        self._weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(VOCABULARY)))
        self._of_places = list(itertools.accumulate(1 / (rank + 10) for rank in range(places)))
        self.rare = Rare(self._english[2_000], self._chinese[2_000])

    def messages(self, count: int) -> Iterator[Said]:
        """Yield messages in the order in which they were said."""
        years_ms = 3 * 365 * 24 * 3600 * 1000
        ranks, people, chance = range(VOCABULARY), self._people, self._random
        for number in range(count):
            (place,) = chance.choices(range(self._places), cum_weights=self._of_places)
            length = max(1, min(120, round(chance.lognormvariate(1.9, 0.7))))
            words = chance.choices(ranks, cum_weights=self._weights, k=length)
            if chance.random() < CHINESE_SHARE:
                text = "".join(self._chinese[word] for word in words)
            else:
                text = " ".join(self._english[word] for word in words)
            at_ms = self._now_ms - years_ms + years_ms * number // count
            yield Said(place, chance.randrange(people), at_ms, text)

    def _vocabulary(self, frequent: list[str], make: Callable[[], str]) -> list[str]:
        words = dict.fromkeys(frequent)
        while len(words) < VOCABULARY:
            words[make()] = None
        return list(words)

    def _english_word(self) -> str:
        return "".join(self._random.choices(_SYLLABLES.split(), k=self._random.randint(2, 4)))

    def _chinese_word(self) -> str:
        size = self._random.choice((2, 2, 2, 3, 4))
        common = self._random.choices(_CHARACTERS, k=size - 1)
        return "".join(common) + chr(0x4E00 + self._random.randrange(3_500))
