"""Customers, terminals and what honest people do with their cards.

This is a simulation: no row describes a real person or payment. The map is a square of 100 km;
money has no currency; a day's draws depend on the seed and the day alone, so a longer simulation
begins with the same days as a shorter one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

Array = npt.NDArray[Any]

DAY = 86_400
CUSTOMERS = 4_000
TERMINALS = 1_500
ONLINE = 150
NEAREST = 25
SIDE_KM = 100.0

CATEGORIES = (
    "grocery", "fuel", "restaurant", "transport", "clothing", "health",
    "electronics", "travel", "digital_goods", "gift_cards", "online_retail",
)  # fmt: skip
ON_SITE = CATEGORIES[:7]
SOLD_ONLINE = CATEGORIES[6:]
MODES = ("chip", "contactless", "magstripe", "online")
CHIP, CONTACTLESS, MAGSTRIPE, ONLINE_MODE = range(4)

_PRICE = dict(
    zip(CATEGORIES, (1.0, 1.3, 0.8, 0.3, 1.6, 0.9, 4.0, 6.0, 0.25, 1.5, 1.4), strict=True)
)
_WEEK = np.array([0.95, 0.93, 0.96, 1.0, 1.15, 1.2, 0.85])
_HOURS = np.array(
    [
        1,
        0.6,
        0.4,
        0.3,
        0.3,
        0.6,
        1.6,
        3.2,
        4.5,
        5,
        5.2,
        6,
        7,
        6,
        5.2,
        5,
        5.6,
        6.8,
        7.5,
        6.5,
        5,
        4,
        3,
        2,
    ]
)


@dataclass(frozen=True)
class Payments:
    """Card payments, one array of shape (n,) for each property.

    `customer` and `terminal` are positions in the world, `second` counts from the start of the
    simulation, `mode` is a position in `MODES`; `new_device` is for payments online.
    """

    customer: Array
    terminal: Array
    second: Array
    amount: Array
    mode: Array
    new_device: Array
    fraud: Array


@dataclass(frozen=True)
class World:
    """Who pays where: customers with homes and habits, terminals with places and goods."""

    seed: int
    home: Array
    payments_a_day: Array
    usual_amount: Array
    shops_online: Array
    opened_days_ago: Array
    place: Array
    category: Array
    near: Array

    def draw(self, day: int, purpose: int) -> np.random.Generator:
        """A generator for one purpose on one day; days before the first are negative."""
        return np.random.default_rng([self.seed, day + 10_000, purpose])

    def distance_km(self, customer: Array, terminal: Array) -> Array:
        """From home to terminal; NaN for terminals online."""
        apart = np.linalg.norm(self.home[customer] - self.place[terminal], axis=1)
        return np.where(terminal < ONLINE, np.nan, apart)

    def usual_price(self, customer: Array, terminal: Array) -> Array:
        prices = np.array([_PRICE[name] for name in CATEGORIES])
        usual: Array = self.usual_amount[customer] * prices[self.category[terminal]]
        return usual

    def selling(self, names: tuple[str, ...]) -> Array:
        """The terminals online that sell one of these."""
        wanted = [CATEGORIES.index(name) for name in names]
        return np.flatnonzero(np.isin(self.category[:ONLINE], wanted))


def build_world(seed: int) -> World:
    draw = np.random.default_rng([seed, 0])
    home = draw.uniform(0, SIDE_KM, (CUSTOMERS, 2))
    place = draw.uniform(0, SIDE_KM, (TERMINALS, 2))
    category = np.r_[
        draw.integers(CATEGORIES.index(SOLD_ONLINE[0]), len(CATEGORIES), ONLINE),
        draw.choice(len(ON_SITE), TERMINALS - ONLINE, p=[0.3, 0.12, 0.2, 0.13, 0.1, 0.1, 0.05]),
    ]
    shops = NearestNeighbors(n_neighbors=NEAREST).fit(place[ONLINE:])
    return World(
        seed=seed,
        home=home,
        payments_a_day=draw.gamma(2.0, 0.45, CUSTOMERS),
        usual_amount=draw.lognormal(3.0, 0.5, CUSTOMERS),
        shops_online=draw.beta(2, 7, CUSTOMERS),
        opened_days_ago=draw.integers(20, 4_000, CUSTOMERS),
        place=place,
        category=category,
        near=ONLINE + shops.kneighbors(home, return_distance=False),
    )


def honest(world: World, day: int) -> Payments:
    """One day of honest payments; over the months people pay more, online and contactless."""
    draw = world.draw(day, 1)
    a_day = world.payments_a_day * _WEEK[day % 7] * (1 + 0.0005 * day)
    customer = np.repeat(np.arange(CUSTOMERS), draw.poisson(a_day))
    rows = len(customer)
    online = draw.random(rows) < world.shops_online[customer] * (1 + 0.003 * day)
    near = world.near[customer, draw.integers(0, NEAREST, rows)]
    travelling = draw.random(rows) < 0.06
    near = np.where(travelling, draw.integers(ONLINE, TERMINALS, rows), near)
    terminal = np.where(online, draw.integers(0, ONLINE, rows), near)
    on_site = np.where(draw.random(rows) < 0.35 + 0.002 * day, CONTACTLESS, CHIP)
    on_site = np.where(draw.random(rows) < 0.04, MAGSTRIPE, on_site)
    splurge = np.where(draw.random(rows) < 0.03, draw.uniform(2, 6, rows), 1.0)
    price = world.usual_price(customer, terminal) * splurge * (1 + 0.001 * day)
    return Payments(
        customer=customer,
        terminal=terminal,
        second=day * DAY + seconds_of_day(draw, rows),
        amount=price * draw.lognormal(-0.2, 0.6, rows),
        mode=np.where(online, ONLINE_MODE, on_site),
        new_device=online & (draw.random(rows) < 0.05),
        fraud=np.zeros(rows, dtype=bool),
    )


def seconds_of_day(draw: np.random.Generator, rows: int, hours: Array = _HOURS) -> Array:
    """When in the day, shape (rows,): whole seconds, by the weight of each hour."""
    hour = draw.choice(24, rows, p=hours / hours.sum())
    second: Array = hour * 3_600 + draw.integers(0, 3_600, rows)
    return second
