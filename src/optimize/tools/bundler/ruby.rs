//! The literal forms of Ruby that a usual Gemfile is made of.
//!
//! A statement is a method's name with literal arguments, with `do` behind it or not. Everything
//! else (variables, conditions, interpolation, calls) is not understood.

/// A method that is called with literals.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Statement {
    /// Where it begins, counted from 1.
    pub(super) line: usize,
    /// The method.
    pub(super) name: String,
    /// Its arguments.
    pub(super) values: Vec<Value>,
    /// Those with a name.
    pub(super) options: Vec<(String, Value)>,
    /// The text that a block with one parameter gives, `{ |repo| "https://x.org/#{repo}" }`.
    pub(super) block: Option<String>,
}

/// A literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A string.
    Text(String),
    /// A symbol.
    Symbol,
    /// A number, `true`, `false`, `nil`, or a list of literals.
    Other,
    /// `File.read("FILE")`, with blanks removed at its end.
    FileRead(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Label(String),
    Text(String),
    /// A string with nothing but names put in.
    Template(String),
    Symbol(String),
    /// A number or a list of words.
    Literal,
    Mark(char),
    Arrow,
    End,
}

/// The statements of a program; the number of the first line that is not understood otherwise.
pub(super) fn statements(text: &str) -> Result<Vec<Statement>, usize> {
    let mut statements = Vec::new();
    let mut open: Vec<Token> = Vec::new();
    let mut begin = 1;
    for (line, token) in tokens(text)? {
        if open.is_empty() {
            begin = line;
        }
        if token != Token::End {
            open.push(token);
            continue;
        }
        let depth = |marks: &str| {
            open.iter()
                .filter(|token| matches!(token, Token::Mark(c) if marks.contains(*c)))
                .count()
        };
        let goes_on =
            matches!(open.last(), Some(Token::Mark(',') | Token::Arrow | Token::Label(_)));
        if goes_on || depth("([") > depth(")]") {
            continue;
        }
        if !open.is_empty() {
            statements.push(statement(begin, &open).ok_or(begin)?);
            open.clear();
        }
    }
    if open.is_empty() { Ok(statements) } else { Err(begin) }
}

fn statement(line: usize, tokens: &[Token]) -> Option<Statement> {
    let (Token::Word(name), mut rest) = tokens.split_first()? else { return None };
    let mut statement = Statement { line, name: name.clone(), ..Statement::default() };
    if let [before @ .., Token::Word(last)] = rest
        && last == "do"
    {
        rest = before;
    } else if let [
        before @ ..,
        Token::Mark('{'),
        Token::Mark('|'),
        Token::Word(_),
        Token::Mark('|'),
        Token::Template(text),
        Token::Mark('}'),
    ] = rest
    {
        statement.block = Some(text.clone());
        rest = before;
    }
    if let [Token::Mark('('), inner @ .., Token::Mark(')')] = rest
        && !inner.contains(&Token::Mark('('))
    {
        rest = inner;
    }
    while !rest.is_empty() {
        let (name, behind) = match rest {
            [Token::Label(name), behind @ ..] => (Some(name.clone()), behind),
            [Token::Symbol(name) | Token::Text(name), Token::Arrow, behind @ ..] => {
                (Some(name.clone()), behind)
            }
            _ => (None, rest),
        };
        let (value, behind) = value(behind)?;
        match name {
            Some(name) => statement.options.push((name, value)),
            None => statement.values.push(value),
        }
        rest = match behind {
            [] => behind,
            [Token::Mark(','), behind @ ..] if !behind.is_empty() => behind,
            _ => return None,
        };
    }
    Some(statement)
}

fn value(tokens: &[Token]) -> Option<(Value, &[Token])> {
    let is_word = |token: &Token, word: &str| matches!(token, Token::Word(text) if text == word);
    match tokens {
        [
            file,
            Token::Mark('.'),
            read,
            Token::Mark('('),
            Token::Text(path),
            Token::Mark(')'),
            Token::Mark('.'),
            Token::Word(strip),
            rest @ ..,
        ] if is_word(file, "File")
            && is_word(read, "read")
            && matches!(&**strip, "strip" | "chomp") =>
        {
            Some((Value::FileRead(path.clone()), rest))
        }
        [Token::Text(text), rest @ ..] => Some((Value::Text(text.clone()), rest)),
        [Token::Symbol(_), rest @ ..] => Some((Value::Symbol, rest)),
        [Token::Literal, rest @ ..] => Some((Value::Other, rest)),
        [Token::Word(word), rest @ ..] if matches!(&**word, "true" | "false" | "nil") => {
            Some((Value::Other, rest))
        }
        [Token::Mark('['), rest @ ..] => {
            let end = rest.iter().position(|token| *token == Token::Mark(']'))?;
            let is_literal = |token: &Token| {
                matches!(token, Token::Text(_) | Token::Symbol(_) | Token::Mark(','))
            };
            rest[..end].iter().all(is_literal).then_some((Value::Other, &rest[end + 1..]))
        }
        _ => None,
    }
}

/// The tokens with their lines.
fn tokens(text: &str) -> Result<Vec<(usize, Token)>, usize> {
    let mut tokens = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let mut rest = line.trim();
        while !rest.is_empty() && !rest.starts_with('#') {
            let (token, length) = token(rest).ok_or(number)?;
            tokens.push((number, token));
            rest = rest.get(length..).ok_or(number)?.trim_start();
        }
        tokens.push((number, Token::End));
    }
    Ok(tokens)
}

/// The first token with its length in bytes.
fn token(text: &str) -> Option<(Token, usize)> {
    let first = text.chars().next()?;
    let name_length = |text: &str| {
        text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
    };
    match first {
        '"' | '\'' => string(text, first),
        '=' if text.starts_with("=>") => Some((Token::Arrow, 2)),
        ',' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '.' => Some((Token::Mark(first), 1)),
        ':' => {
            if let Some(quote @ ('"' | '\'')) = text[1..].chars().next() {
                let (Token::Text(name), length) = string(&text[1..], quote)? else { return None };
                return Some((Token::Symbol(name), length + 1));
            }
            let length = name_length(&text[1..]);
            (length > 0).then(|| (Token::Symbol(text[1..=length].to_owned()), length + 1))
        }
        '%' => {
            let mut start = text[1..].chars();
            start.next().filter(|kind| matches!(kind, 'w' | 'i'))?;
            let close = match start.next()? {
                '[' => ']',
                '(' => ')',
                '{' => '}',
                _ => return None,
            };
            let end = text.get(3..)?.find(close)?;
            let inner = text.get(3..3 + end)?;
            (!inner.contains(['\\', '[', '(', '{'])).then_some((Token::Literal, 3 + end + 1))
        }
        '0'..='9' => Some((Token::Literal, name_length(text))),
        'a'..='z' | 'A'..='Z' | '_' => {
            let length = name_length(text);
            let name = text[..length].to_owned();
            let behind = &text[length..];
            if behind.starts_with(':') && !behind.starts_with("::") {
                return Some((Token::Label(name), length + 1));
            }
            Some((Token::Word(name), length))
        }
        _ => None,
    }
}

/// A string in quotes that has no escapes.
fn string(text: &str, quote: char) -> Option<(Token, usize)> {
    let end = text.get(1..)?.find(quote)?;
    let inner = text.get(1..=end)?;
    if inner.contains('\\') {
        return None;
    }
    let length = end + 2;
    // `"git": "https://x.org"` names an option.
    if text[length..].starts_with(':') {
        return Some((Token::Label(inner.to_owned()), length + 1));
    }
    let has_interpolation =
        quote == '"' && ["#{", "#@", "#$"].iter().any(|start| inner.contains(start));
    let text = inner.to_owned();
    Some((if has_interpolation { Token::Template(text) } else { Token::Text(text) }, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_gemfiles_are_read() {
        let text = "# frozen_string_literal: true\nsource \"https://rubygems.org\"\n\
                    git_source(:github) { |repo| \"https://github.com/#{repo}.git\" }\n\n\
                    ruby '3.2.2' # why\ngem \"rails\", \"~> 7.0\", '>= 7.0.4'\n\
                    gem('pg', require: false)\ngem 'a', :git => 'https://x.org/a',\n  tag: 'v1'\n\
                    group :development, :test do\n  gem \"b\", platforms: %i[ mri windows ]\n\
                    gem 'c', platforms: [:mingw,\n  :mswin]\nend\n\
                    ruby File.read(\".ruby-version\").strip\n";
        let statements = statements(text).unwrap();
        let names: Vec<_> = statements.iter().map(|s| (s.line, s.name.as_str())).collect();
        assert_eq!(
            names,
            [
                (2, "source"),
                (3, "git_source"),
                (5, "ruby"),
                (6, "gem"),
                (7, "gem"),
                (8, "gem"),
                (10, "group"),
                (11, "gem"),
                (12, "gem"),
                (14, "end"),
                (15, "ruby"),
            ]
        );
        assert_eq!(statements[1].block.as_deref(), Some("https://github.com/#{repo}.git"));
        assert_eq!(
            statements[5].options,
            [
                ("git".to_owned(), Value::Text("https://x.org/a".into())),
                ("tag".to_owned(), Value::Text("v1".into())),
            ]
        );
        assert_eq!(statements[10].values, [Value::FileRead(".ruby-version".into())]);
    }

    #[test]
    fn whatever_ruby_would_work_out_is_not_understood() {
        for text in [
            "gem 'a' if ENV['B']",
            "if x",
            "x = 1",
            "gem \"a\", \"#{x}\"",
            "gem 'a', path: Dir.pwd",
            "gem 'a', *x",
            "Dir['*.rb'].each { |f| eval_gemfile f }",
            "eval_gemfile File.join('a')",
            "=begin\n=end",
            "gem <<A",
            "gem 'a\\'b'",
            "gem 'a', [b]",
            "require_relative './x'; gem 'a'",
            "gem 'a'\n gem 'b',",
            "gem 'a",
            "@x",
            "gem %w[a b].first",
        ] {
            assert!(statements(text).is_err(), "{text}: {:?}", statements(text));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_content_makes_it_panic(
            text in "(gem|do|end|:a|b:|=>|%w\\[|File\\.read|[ -~é\n]| |\n|\"|'|,|\\(|\\)|\\[|\\]){0,30}",
        ) {
            let _ = statements(&text);
        }
    }
}
