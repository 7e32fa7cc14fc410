"""``medcodes expand``: which codes does a wildcard, a range or a list stand for?"""

from __future__ import annotations

from typing import Annotated

import typer

from medcodes import NoCodeList, NoPattern
from medcodes.cli import options
from medcodes.cli.errors import InputError
from medcodes.cli.identify import HEADINGS, row
from medcodes.cli.output import print_json, print_table

_PATTERN = typer.Argument(metavar="PATTERN", help="E11.*, 250.xx, S00-S99, Z01.411/419 ...")


def expand(
    pattern: Annotated[str, _PATTERN],
    on: options.On = None,
    system: options.Systems = None,
    reference: options.Reference = None,
    json: options.Json = False,
) -> None:
    """List the codes that a wildcard, a range or a list of codes stands for.

    **Examples**

    `medcodes expand 'E11.3*' --on 2026-06-01`

    `medcodes expand S00-S09 --system icd10cm --json`
    """
    classifier = options.classifier_of(reference)
    asked = options.systems_asked(classifier, system)
    try:
        answers = classifier.expand(pattern, systems=asked, on=on)
    except (NoPattern, NoCodeList) as error:
        raise InputError(error.args[0]) from None
    if json:
        for answer in answers:
            print_json(answer.to_dict())
    else:
        print_table(HEADINGS, map(row, answers))
