from __future__ import annotations

import pytest

from teamvoice.audio.devices import Device, Format, choose, formats, from_pactl
from teamvoice.errors import AudioUnavailable

HDMI = Device(0, "HDA NVidia: HDMI 0 (hw:0,3)", inputs=0, outputs=2, rate=48_000)
CARD = Device(1, "HDA Intel: ALC257 (hw:1,0)", inputs=2, outputs=2, rate=44_100)
HEADSET = Device(2, "Jabra Evolve: USB Audio (hw:2,0)", inputs=1, outputs=2, rate=48_000)
PULSE = Device(3, "pulse", inputs=32, outputs=32, rate=44_100)
DEFAULT = Device(4, "default", 32, 32, 44_100, default_input=True, default_output=True)


def test_the_sound_server_goes_before_raw_cards() -> None:
    assert choose([HDMI, CARD, DEFAULT, PULSE], "output") is PULSE
    assert choose([HDMI, CARD, DEFAULT], "input") is DEFAULT


def test_without_one_the_default_of_portaudio_is_taken() -> None:
    own = Device(5, "MacBook Pro Microphone", 1, 0, 48_000, default_input=True)
    assert choose([CARD, own, HEADSET], "input") is own
    assert choose([HDMI, CARD], "input") is CARD


@pytest.mark.parametrize("wanted", ["jabra", "USB Audio", "Jabra Evolve: USB Audio (hw:2,0)"])
def test_a_part_of_the_name_will_do(wanted: str) -> None:
    assert choose([HDMI, CARD, HEADSET, PULSE], "input", wanted) is HEADSET


def test_a_name_that_fits_whole_goes_before_one_that_contains_it() -> None:
    longer = Device(9, "pulse of the machine", 1, 1, 48_000)
    assert choose([longer, PULSE], "input", "pulse") is PULSE


def test_a_device_of_the_other_kind_does_not_count() -> None:
    with pytest.raises(AudioUnavailable, match='no microphone called "HDMI"') as caught:
        choose([HDMI, CARD], "input", "HDMI")
    assert CARD.name in caught.value.mend


def test_no_device_at_all() -> None:
    with pytest.raises(AudioUnavailable, match="there is no microphone"):
        choose([HDMI], "input")


def test_the_format_of_the_house_is_tried_first_then_what_the_device_likes() -> None:
    assert formats(CARD, "input")[:3] == (
        Format(24_000, 1),
        Format(44_100, 1),
        Format(48_000, 1),
    )
    assert Format(44_100, 2) in formats(CARD, "input")
    assert {form.channels for form in formats(HEADSET, "input")} == {1}


SOURCES = [
    {"name": "speaker.monitor", "description": "Monitor of Speaker", "monitor_source": "speaker"},
    {"name": "usb.jabra", "description": "Jabra Evolve Mono", "monitor_source": ""},
]
SINKS = [{"name": "speaker", "description": "Built-in Speaker"}]
BEHIND = from_pactl(PULSE, SOURCES, SINKS, ["usb.jabra", "speaker"])


def test_of_the_sound_server_what_its_speakers_play_is_no_microphone() -> None:
    assert [(device.name, device.inputs, device.outputs) for device in BEHIND] == [
        ("Jabra Evolve Mono", 1, 0),
        ("Built-in Speaker", 0, 1),
    ]
    assert BEHIND[0].is_default("input")
    assert BEHIND[1].is_default("output")


@pytest.mark.parametrize("wanted", ["jabra", "usb.jabra"])
def test_a_named_device_is_taken_through_the_sound_server_if_it_is_there(wanted: str) -> None:
    assert choose([HDMI, CARD, HEADSET, PULSE, *BEHIND], "input", wanted) is BEHIND[0]


def test_with_no_name_the_sound_server_decides() -> None:
    assert choose([*BEHIND, HDMI, CARD, PULSE], "input") is PULSE
