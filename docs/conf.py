"""How the documentation is built: ``python -m tools.site``."""

from __future__ import annotations

import medcodes

project = "medcodes"
author = "The medcodes developers"
copyright = "The medcodes developers. CPT © American Medical Association"  # noqa: A001
version = release = medcodes.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "_extra", "_static"]

html_theme = "furo"
html_title = "medcodes"
html_favicon = "_static/favicon.svg"
html_extra_path = ["_extra"]
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}

myst_heading_anchors = 3
# Of an example, what is typed is worth copying, and not its answer.
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

# A word in single backticks is code, as everywhere in the docstrings.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
nitpicky = True
# Types of other projects are named, not linked: the build asks no network.
nitpick_ignore_regex = [("py:.*", ".*")]
