"""Words near enough to each other are found wherever else they stand."""

from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.rules.matcher import _closest
from monitor.core.rules.patterns import MOST_BETWEEN

_ANY = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("e\u0301\u200b"), max_size=20)
_PLACES = st.lists(
    st.lists(
        st.tuples(st.integers(0, 14), st.integers(1, 3)), min_size=1, max_size=3, unique_by=lambda each: each[0]
    ).map(lambda found: sorted((first, first + length) for first, length in found)),
    min_size=2,
    max_size=4,
)


@given(_PLACES)
@settings(max_examples=300, deadline=None)
def test_words_near_enough_are_found_wherever_else_they_stand(places: list[list[tuple[int, int]]]) -> None:
    def fits(choice: tuple[tuple[int, int], ...]) -> bool:
        between = [right[0] - left[1] for left, right in pairwise(sorted(choice))]
        return min(between) >= 0 and sum(between) <= MOST_BETWEEN

    assert (_closest(places) is not None) == any(fits(choice) for choice in product(*places))
