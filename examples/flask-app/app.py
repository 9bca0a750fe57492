"""A guest book that fits on one page."""

from flask import Flask, redirect, render_template_string, request, url_for

app = Flask(__name__)
entries: list[str] = ["Ada was here."]

PAGE = """<!doctype html>
<html lang="en">
<title>Guest book</title>
<h1>Guest book</h1>
<form method="post" action="{{ url_for('sign') }}">
  <input name="entry" aria-label="Your line" required>
  <button>Sign</button>
</form>
<ul>{% for entry in entries %}<li>{{ entry }}</li>{% endfor %}</ul>
</html>
"""


@app.get("/")
def show():
    return render_template_string(PAGE, entries=entries)


@app.post("/")
def sign():
    entries.append(request.form["entry"])
    return redirect(url_for("show"))


@app.get("/health")
def health():
    return {"status": "ok"}
