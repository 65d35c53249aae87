from __future__ import annotations

import pytest

from data.sources.package_metadata import declared_licence, is_package_file


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("setup.py", "from setuptools import setup\nsetup(name='x', license='MPL-2.0')\n", "MPL-2.0"),
        ("setup.py", "setup(license = 'MIT License', version='1')", "MIT"),
        ("setup.py", "setup(license=read('LICENSE'), classifiers=['License :: OSI Approved :: MIT License'])", "MIT"),
        ("setup.py", "setup(name='x')", None),
        ("pom.xml", "<project><licenses><license>\n<name>The Apache License, Version 2.0</name>", None),
        (
            "pom.xml",
            "<name>Other</name><licenses><license><name>Apache License, Version 2.0</name></license></licenses>",
            "Apache-2.0",
        ),
        (
            "pom.xml",
            "<licenses><license><name>MIT</name></license><license><name>EPL-2.0</name></license></licenses>",
            "EPL-2.0 OR MIT",
        ),
        ("reader.gemspec", "Gem::Specification.new do |s|\n  s.licenses = ['MIT']\nend", "MIT"),
        ("pyproject.toml", '[project]\nlicense = "BSD-3-Clause"\n', "BSD-3-Clause"),
        ("package.json", '{"license": "ISC"}', "ISC"),
        ("Cargo.toml", '[package]\nlicense = "MIT/Apache-2.0"\n', "MIT OR Apache-2.0"),
        ("package.json", "{", None),
    ],
)
def test_a_package_declares_its_licence_in_the_files_of_its_language(
    name: str, text: str, expected: str | None
) -> None:
    assert is_package_file(name)
    assert declared_licence(name, text) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "a." * 200_000 + "a = 1"),
        ("Cargo.toml", "[" + "a." * 200_000 + "a]"),
    ],
)
def test_a_description_made_to_keep_a_reader_busy_declares_nothing(name: str, text: str) -> None:
    assert declared_licence(name, text) is None
