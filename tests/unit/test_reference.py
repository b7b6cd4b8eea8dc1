from __future__ import annotations

import generate_reference


def test_what_is_generated_from_the_field_table_is_up_to_date() -> None:
    for path, content in generate_reference.outputs().items():
        assert path.read_text(encoding="utf-8") == content, f"run scripts/generate_reference.py: {path.name} differs"
