from __future__ import annotations

from teamvoice.audio.latency import CALM, STEPS, Latency


def test_a_device_that_runs_dry_gets_more_each_time_up_to_the_most() -> None:
    latency = Latency()
    asked = [latency.seconds]
    for _ in STEPS:
        latency.closed(ran_dry=True)
        asked.append(latency.seconds)
    assert asked == [*STEPS, STEPS[-1]]


def test_it_gets_less_again_after_calm_times_only() -> None:
    latency = Latency()
    latency.closed(ran_dry=True)
    latency.closed(ran_dry=True)
    for _ in range(CALM - 1):
        latency.closed(ran_dry=False)
    assert latency.seconds == STEPS[2]
    latency.closed(ran_dry=False)
    assert latency.seconds == STEPS[1]
    for _ in range(3 * CALM):
        latency.closed(ran_dry=False)
    assert latency.seconds == STEPS[0]
