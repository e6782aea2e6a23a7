"""The ears: pocketsphinx with a language model of this team's own commands.

Speech is decoded while it arrives, so little is left to do at its end. What the microphone sounds
like is learnt from the first utterance, which is therefore heard a second time with that known:
some tenths of a second, once. Everything here blocks; call it from one worker thread. Audio is mono
PCM16 at 24 kHz.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from teamvoice.errors import MissingPart, install
from teamvoice.offline import language, phrases, sounds
from teamvoice.offline.vocabulary import Vocabulary

_HEARD_RATE = 24_000
_MODEL_RATE = 16_000
_GENERAL_WORDS = 8_000  # of the stock model's, the most frequent
_GENERAL_SHARE = 0.3
_BORROW = 3.0  # what is said to a member is far more varied than our sentences
_LANGUAGE_WEIGHT = 5  # below the stock 6.5: a message may say what no sentence of ours does
_UNHEARD = -500_000  # the stock model's score of a word that it does not have


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was heard.

    Args:
        text: Lower-case words; empty when there was no speech.
        ms: The length of the audio.
    """

    text: str
    ms: float


class Ears:
    """Speech to text for one session.

    ``load`` makes ready (about a second) and is otherwise done by the first ``begin``; it is to be
    called early, in the thread that will call the rest.

    Raises:
        MissingPart: From ``load``: pocketsphinx is not installed.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._decoder: Any = None
        self._resampler: Any = None
        self._bytes = 0
        self._first: list[bytes] | None = []  # the first utterance; None when it was heard

    def load(self) -> None:
        """Build the language model and load it; does nothing the second time."""
        if self._decoder is None:
            self._decoder = _decoder(self._vocabulary)

    def begin(self) -> None:
        """Start to listen; what was not ended is forgotten."""
        import soxr

        self.load()
        if self._resampler is not None:
            self._decoder.end_utt()
        self._resampler = soxr.ResampleStream(_HEARD_RATE, _MODEL_RATE, 1, dtype="int16")
        self._bytes = 0
        self._first = None if self._first is None else []
        self._decoder.start_utt()

    def feed(self, pcm: bytes) -> None:
        """Hear some more; any number of whole samples."""
        self._bytes += len(pcm)
        self._decode(np.frombuffer(pcm, dtype="<i2"))

    def end(self) -> Hearing:
        """Stop listening and tell what was heard."""
        self._decode(np.empty(0, dtype=np.int16), last=True)
        self._decoder.end_utt()
        self._resampler = None
        found = self._decoder.hyp()
        if found and self._first:
            found = self._hear_again(b"".join(self._first))
        return Hearing(found.hypstr if found else "", self._bytes / 2 / _HEARD_RATE * 1000)

    def _decode(self, samples: Any, *, last: bool = False) -> None:
        heard = self._resampler.resample_chunk(samples, last=last)
        if len(heard):
            self._decoder.process_raw(heard.tobytes(), False, False)
            if self._first is not None:
                self._first.append(heard.tobytes())

    def _hear_again(self, utterance: bytes) -> Any:
        """Hear a whole utterance, measured against its own mean."""
        self._first = None
        self._decoder.start_utt()
        self._decoder.process_raw(utterance, False, True)
        self._decoder.end_utt()
        return self._decoder.hyp()


def _decoder(vocabulary: Vocabulary) -> Any:
    """A decoder that expects this team's commands, and can hear much else."""
    try:
        import pocketsphinx
    except ImportError as error:
        raise MissingPart("the offline ears need pocketsphinx", install("offline")) from error
    decoder = pocketsphinx.Decoder(loglevel="FATAL", samprate=_MODEL_RATE, lw=_LANGUAGE_WEIGHT)
    expected = list(phrases.sentences(vocabulary))
    words = {word for sentence in expected for word in sentence} | set(phrases.technical_words())
    general = _general(decoder, _dictionary_words(pocketsphinx.get_model_path("en-us")), words)
    pairs = _pairs(decoder)
    _teach(decoder, words)
    model = language.arpa(expected, general, _GENERAL_SHARE, pairs, _BORROW)
    with tempfile.TemporaryDirectory(prefix="teamvoice-ears-") as directory:
        file = Path(directory) / "commands.arpa"
        file.write_text(model, encoding="ascii")
        decoder.add_lm_file("commands", str(file))
    decoder.activate_search("commands")
    return decoder


def _dictionary_words(model: str) -> list[str]:
    """The words of the dictionary that comes with the model; second ways to say one left out."""
    lines = Path(model, "cmudict-en-us.dict").read_text(encoding="utf-8").splitlines()
    return [word for line in lines if "(" not in (word := line.partition(" ")[0])]


def _general(decoder: Any, known: Iterable[str], needed: Iterable[str]) -> Mapping[str, float]:
    """How likely words are in general speech: the most frequent ones, and those that we need."""
    stock, logs = decoder.get_lm(), decoder.logmath
    scores = {word: score for word in known if (score := stock.prob([word])) > _UNHEARD}
    frequent = sorted(scores, key=lambda word: -scores[word])[:_GENERAL_WORDS]
    rare = logs.exp(scores[frequent[-1]])
    chances = {word: logs.exp(scores[word]) for word in frequent if re.match("[a-z]", word)}
    return dict.fromkeys(needed, rare) | chances


def _pairs(decoder: Any) -> Mapping[language.Gram, float]:
    """How likely words are right after others, in general speech."""
    stock, exp = decoder.get_lm(), decoder.logmath.exp
    return {
        (first, second): exp(stock.prob([second, first]))  # the stock model reads backwards
        for first, second in phrases.pairs()
    }


def _teach(decoder: Any, words: Iterable[str]) -> None:
    """Tell the decoder how the words are said that its dictionary lacks or says otherwise."""
    ours = phrases.technical_words()
    for word in sorted(words):
        known = decoder.lookup_word(word)
        said = ours.get(word, ())
        if not said and known is None:
            said = (sounds.phones(word, lambda part: _lookup(decoder, ours, part)),)
        for way in said:
            if way != known:
                decoder.add_word(_free_name(decoder, word), way, False)
    decoder.add_word("teamvoice", "T IY M V OY S", True)  # the last one makes all count


def _free_name(decoder: Any, word: str) -> str:
    """The word, or the word with the number of its next way to be said."""
    names = (word, *(f"{word}({number})" for number in range(2, 9)))
    return next(name for name in names if decoder.lookup_word(name) is None)


def _lookup(decoder: Any, ours: Mapping[str, tuple[str, ...]], word: str) -> str | None:
    own = ours.get(word)
    return own[0] if own else decoder.lookup_word(word)
