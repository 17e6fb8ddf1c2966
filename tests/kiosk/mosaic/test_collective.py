from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from kiosk.mosaic.collective import Collective, Full
from kiosk.mosaic.colour import Floats
from kiosk.mosaic.features import cells_of, numbers_of, numbers_of_tile
from tests.kiosk.mosaic.pictures import scene, target

ACROSS = 12


def cells() -> Floats:
    return numbers_of(cells_of(target(), across=ACROSS), across=ACROSS, down=ACROSS)


def photos(count: int) -> Floats:
    return np.stack([numbers_of_tile(np.asarray(scene(seed))) for seed in range(count)])


def filled(count: int) -> Collective:
    whole = Collective(cells())
    for number, one in enumerate(photos(count)):
        whole.add(f"p{number}", one)
    return whole


def sound(whole: Collective) -> None:
    for cell, photo in enumerate(whole.photos):
        assert photo is None or whole.cell_of(photo) == cell
    assert len(whole) == sum(photo is not None for photo in whole.photos)


@pytest.mark.parametrize("count", [20, 100, ACROSS**2])
def test_it_ends_near_the_best_that_is_possible(count: int) -> None:
    whole = filled(count)
    whole.settle()
    sound(whole)
    costs = whole.costs(photos(count))
    best = costs[linear_sum_assignment(costs)].sum()
    assert whole.cost() <= best * 1.05
    stood = costs[np.arange(count), [whole.cell_of(f"p{number}") for number in range(count)]].sum()
    assert whole.cost() == pytest.approx(stood, rel=1e-4)


def test_the_same_photos_stand_the_same_way() -> None:
    assert filled(80).photos == filled(80).photos


def test_a_photo_changes_few_cells_and_says_which() -> None:
    whole = filled(60)
    before = list(whole.photos)
    changed = whole.add("new", photos(61)[60])
    assert changed[0] == whole.cell_of("new")
    assert {cell for cell, old in enumerate(before) if whole.photos[cell] != old} <= set(changed)
    assert whole.add("new", photos(61)[60]) == ()


def test_a_withdrawn_photo_frees_its_cell() -> None:
    whole = filled(ACROSS**2)
    with pytest.raises(Full, match="make the grid finer"):
        whole.add("late", photos(1)[0])
    cell = whole.cell_of("p7")
    assert whole.withdraw("p7") == cell
    assert whole.withdraw("p7") is None
    assert whole.photos[cell] is None
    assert "p7" not in whole
    whole.add("late", photos(1)[0])
    sound(whole)
