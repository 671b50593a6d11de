"""How the documentation is built: offline, from these pages and from the package itself."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import detente

project = "detente"
author = "The detente developers"
copyright = "The detente developers, MIT licence"
release = version = detente.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "from_package"]
exclude_patterns = ["_build", "_ext", "decisions"]
templates_path = ["_templates"]
source_suffix = {".md": "markdown"}
smartquotes = False
default_role = "code"

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autodoc_typehints = "none"
autodoc_member_order = "bysource"
add_module_names = False
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

html_theme = "alabaster"
html_title = f"detente {release}"
html_theme_options = {
    "description": "Trade wars in general equilibrium, with a certificate on every number",
    "fixed_sidebar": True,
    "show_powered_by": False,
    "page_width": "1200px",
    "sidebar_width": "260px",
    "body_max_width": "900px",
    "font_family": "system-ui, sans-serif",
    "head_font_family": "system-ui, sans-serif",
}
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}
html_static_path = ["_static"]
html_css_files = ["detente.css"]
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
