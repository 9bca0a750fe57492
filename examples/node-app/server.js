"use strict";

const express = require("express");
const helmet = require("helmet");
const { marked } = require("marked");

const app = express();
const question = "*Tea* or *coffee*?";
const votes = new Map([["tea", 0], ["coffee", 0]]);

app.set("view engine", "pug");
app.use(helmet());
app.use(express.urlencoded({ extended: false }));

app.get("/", (_request, response) => {
  response.render("poll", { question: marked.parseInline(question), votes: [...votes] });
});

app.post("/", (request, response) => {
  const { choice } = request.body;
  if (votes.has(choice)) {
    votes.set(choice, votes.get(choice) + 1);
  }
  response.redirect("/");
});

app.get("/health", (_request, response) => {
  response.json({ status: "ok" });
});

app.listen(3000);
