"""What thieves do with other people's cards: four patterns that come and go.

| pattern  | looks like                                                             |
|----------|------------------------------------------------------------------------|
| skimming | cloned cards at one compromised terminal for a week or two             |
| testing  | a burst of tiny payments online within minutes, then a large one       |
| spree    | a stolen card far from home, at night, for several times the usual sum |
| takeover | round sums for gift cards and electronics from a new device            |

How strong each is changes over a cycle of 180 days, so a model that never learns again loses
touch: takeover, for one, is unknown until day 20.
"""

from collections.abc import Iterator

import numpy as np

from platform_assets.defs.fraud.world import (
    CHIP,
    CONTACTLESS,
    CUSTOMERS,
    DAY,
    MAGSTRIPE,
    ONLINE,
    ONLINE_MODE,
    TERMINALS,
    Array,
    Payments,
    World,
    seconds_of_day,
)

CYCLE = 180
_SKIMMING_CYCLE = 30
_SKIMMED_TERMINALS = 12
_NIGHT = np.r_[np.full(5, 6.0), np.full(14, 1.0), np.full(5, 4.0)]

# Day of the cycle and strength there, straight lines between.
_WAVES = {
    "skimming": ([0, 60, 90, 130, 180], [1.0, 1.0, 0.4, 1.3, 1.0]),
    "testing": ([0, 30, 55, 100, 140, 180], [0.8, 1.2, 0.9, 0.2, 1.4, 0.8]),
    "spree": ([0, 25, 45, 90, 120, 180], [1.2, 1.1, 0.6, 0.5, 1.3, 1.2]),
    "takeover": ([0, 20, 40, 100, 130, 180], [0.0, 0.0, 1.1, 1.2, 0.1, 0.0]),
}


def strength(pattern: str, day: int) -> float:
    """How strong a pattern is on a day, 1 being usual; before the first day as on it."""
    days, values = _WAVES[pattern]
    return float(np.interp(max(day, 0) % CYCLE, days, values))


def thefts(world: World, day: int) -> Iterator[Payments]:
    """The fraudulent payments of one day, pattern by pattern."""
    yield _skimming(world, day)
    yield _testing(world, day)
    yield _spree(world, day)
    yield _takeover(world, day)


def _skimming(world: World, day: int) -> Payments:
    draw = world.draw(day, 2)
    each = draw.poisson(2.6 * strength("skimming", day), TERMINALS) * _compromised(world, day)
    terminal = np.repeat(np.arange(TERMINALS), each)
    customer = draw.integers(0, CUSTOMERS, len(terminal))
    return _stolen(
        customer,
        terminal,
        day * DAY + seconds_of_day(draw, len(terminal)),
        world.usual_price(customer, terminal) * draw.lognormal(0.4, 0.5, len(terminal)),
        np.where(draw.random(len(terminal)) < 0.4, MAGSTRIPE, CHIP),
    )


def _compromised(world: World, day: int) -> Array:
    """Which terminals carry a skimmer today; each for 8 to 16 days, some into the next cycle."""
    found = np.zeros(TERMINALS, dtype=bool)
    for cycle in (day // _SKIMMING_CYCLE - 1, day // _SKIMMING_CYCLE):
        draw = world.draw(cycle, 3)
        chosen = draw.choice(np.arange(ONLINE, TERMINALS), _SKIMMED_TERMINALS, replace=False)
        begins = cycle * _SKIMMING_CYCLE + draw.integers(0, _SKIMMING_CYCLE, len(chosen))
        ends = begins + draw.integers(8, 17, len(chosen))
        found[chosen[(begins <= day) & (day < ends)]] = True
    return found


def _testing(world: World, day: int) -> Payments:
    draw = world.draw(day, 4)
    victims = draw.integers(0, CUSTOMERS, draw.poisson(2.2 * strength("testing", day)))
    tries = draw.integers(3, 8, len(victims))
    customer = np.repeat(victims, tries)
    last = np.zeros(len(customer), dtype=bool)
    last[np.cumsum(tries) - 1] = True
    shops = world.selling(("digital_goods", "online_retail"))
    begin = np.repeat(day * DAY + draw.integers(0, DAY - 3_600, len(victims)), tries)
    place = np.arange(len(customer)) - np.repeat(np.cumsum(tries) - tries, tries)
    large = world.usual_amount[customer] * draw.uniform(3, 9, len(customer))
    return _stolen(
        customer,
        draw.choice(shops, len(customer)),
        begin + place * draw.integers(40, 300, len(customer)),
        np.where(last, large, draw.uniform(0.5, 6, len(customer))),
        np.full(len(customer), ONLINE_MODE),
        new_device=draw.random(len(customer)) < 0.4,
    )


def _spree(world: World, day: int) -> Payments:
    draw = world.draw(day, 5)
    victims = draw.integers(0, CUSTOMERS, draw.poisson(3.0 * strength("spree", day)))
    customer = np.repeat(victims, draw.integers(1, 6, len(victims)))
    terminal = draw.integers(ONLINE, TERMINALS, len(customer))
    return _stolen(
        customer,
        terminal,
        day * DAY + seconds_of_day(draw, len(customer), _NIGHT),
        world.usual_price(customer, terminal) * draw.lognormal(0.9, 0.6, len(customer)),
        np.where(draw.random(len(customer)) < 0.7, CONTACTLESS, CHIP),
    )


def _takeover(world: World, day: int) -> Payments:
    draw = world.draw(day, 6)
    customer = draw.integers(0, CUSTOMERS, draw.poisson(13 * strength("takeover", day)))
    shops = world.selling(("gift_cards", "electronics"))
    return _stolen(
        customer,
        draw.choice(shops, len(customer)),
        day * DAY + seconds_of_day(draw, len(customer)),
        draw.choice(np.array([25.0, 50.0, 100.0, 150.0, 200.0]), len(customer)),
        np.full(len(customer), ONLINE_MODE),
        new_device=draw.random(len(customer)) < 0.85,
    )


def _stolen(
    customer: Array,
    terminal: Array,
    second: Array,
    amount: Array,
    mode: Array,
    new_device: Array | None = None,
) -> Payments:
    rows = len(customer)
    device = np.zeros(rows, dtype=bool) if new_device is None else new_device
    return Payments(customer, terminal, second, amount, mode, device, np.ones(rows, dtype=bool))
