import pyarrow as pa

from filters.duplicates.ranking import rank_dates, rank_licences


def test_permissive_licences_rank_above_others_and_none_lowest() -> None:
    licences = [
        "MIT",
        "GPL-3.0-only",
        None,
        "",
        "MIT OR GPL-2.0",
        "MIT AND GPL-2.0",
        "Apache-2.0 AND MIT",
        "mit/unlicense",
    ]
    expected = [2, 1, 0, 0, 2, 1, 2, 2]
    assert rank_licences(pa.chunked_array([licences])).to_pylist() == expected


def test_recency_is_the_day_that_the_metadata_name() -> None:
    metadata = [
        '{"published":"2024-03-01T10:00:00","date":"2020-01-01"}',
        '{"date":"2024-02-29T00:00:00Z"}',
        '{"date":"2023-02-30"}',
        '{"date":"last week"}',
        "{}",
    ]
    days = rank_dates(pa.chunked_array([metadata])).to_pylist()
    assert days[0] - days[1] == 1
    assert days[2:] == [None, None, None]
