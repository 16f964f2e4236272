"""Records as HTML, without any component: the page and the reviewers' pages show them."""
