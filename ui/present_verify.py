"""placeholder"""
from markupsafe import Markup
INTRO = Markup("<h2>Where does this picture come from?</h2>")
def report(x): return Markup("<p>nothing yet</p>")
