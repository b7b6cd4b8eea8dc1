# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Surveys: what is asked at launch, and whether an answer is accepted."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator

Item = dict[str, t.Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "textarea": (str,),
    "multiplechoice": (str,),
    "multiselect": (list,),
    "integer": (int,),
    "float": (int, float),
}


def survey_spec(name: str, questions: list[Item]) -> Item:
    """The survey in the form in which AWX keeps it, with every key: what is compared must be whole."""
    return {"name": name, "description": "", "spec": [_question(question) for question in questions]}


def _question(question: Item) -> Item:
    default = question.get("default", "")
    return {
        "question_name": question["question_name"],
        "question_description": question.get("question_description", ""),
        "required": question.get("required", True),
        "type": question["type"],
        "variable": question["variable"],
        "min": question.get("min", 1 if question["type"] in ("text", "textarea") and default != "" else None),
        "max": question.get("max"),
        # AWX keeps several choices as lines.
        "default": "\n".join(default) if isinstance(default, list) else default,
        "choices": question.get("choices", []),
    }


def question_problems(questions: list[Item]) -> Iterator[str]:
    """What is wrong with a survey by itself."""
    seen: set[str] = set()
    for question in questions:
        name = question["variable"]
        if name in seen:
            yield f"survey {name}: is asked twice"
        seen.add(name)
        if "default" in question:
            yield from (f"survey {problem}" for problem in _answer(question, question["default"]))


def answer_problems(answers: Item, template: Item, *, complete: bool) -> Iterator[str]:
    """What is wrong with answers given beforehand, by a schedule or a node.

    :param complete: nobody is asked any more, so whatever is required must be given.
    """
    questions = {question["variable"]: question for question in template.get("survey", [])}
    for name, value in answers.items():
        if name in questions:
            yield from (f"extra_data {problem}" for problem in _answer(questions[name], value))
        elif not template.get("ask_variables_on_launch"):
            accepted = ", ".join(questions) or "nothing"
            yield f"extra_data {name}={value}: {template['name']!r} asks for {accepted}"
    if complete:
        for name, question in questions.items():
            if question.get("required", True) and "default" not in question and name not in answers:
                yield f"extra_data {name}: is required by {template['name']!r}"


def _answer(question: Item, value: t.Any) -> Iterator[str]:
    said = f"{question['variable']}={value}"
    types = _TYPES[question["type"]]
    fits = isinstance(value, types) and not isinstance(value, bool)
    if not fits:
        yield f"{said}: must be {' or '.join(kind.__name__ for kind in types)}"
        return
    choices = question.get("choices")
    for entry in value if isinstance(value, list) else [value]:
        if choices and entry not in choices:
            yield f"{said}: must be of {', '.join(choices)}"
    size = value if isinstance(value, (int, float)) else len(value)
    if not question.get("min", size) <= size <= question.get("max", size):
        yield f"{said}: must be from {question.get('min', 'any')} to {question.get('max', 'any')}"
