//! Shell patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*`, `?` and escapes; no brackets.
//!
//! The engine makes a regular expression of them, of the kind that prefers the leftmost match and
//! then the first branch. The same preference is kept here, and `*` and `?` do not match a newline.

use super::ExpandError;

pub(super) struct Pattern {
    tokens: Vec<Token>,
    greedy: bool,
}

#[derive(Clone, Copy)]
enum Token {
    Any,
    Star,
    Literal(char),
}

impl Pattern {
    /// `greedy` where `*` takes as much as it can.
    pub(super) fn compile(pattern: &str, greedy: bool) -> Result<Self, ExpandError> {
        let mut tokens = Vec::new();
        let mut rest = pattern.strip_prefix('\u{feff}').unwrap_or(pattern).chars().peekable();
        while let Some(character) = rest.next() {
            tokens.push(match character {
                '*' => Token::Star,
                '?' => Token::Any,
                // Inside `${}` these are escaped for the substitution's sake, not the pattern's.
                '\\' if matches!(rest.peek(), Some('}' | '/')) => continue,
                '\\' => match rest.next() {
                    Some(escaped @ ('*' | '?' | '\\')) => Token::Literal(escaped),
                    _ => return Err(ExpandError::InvalidPattern { pattern: pattern.to_owned() }),
                },
                other => Token::Literal(other),
            });
        }
        Ok(Self { tokens, greedy })
    }

    /// `${value#pattern}` or, greedy, `${value##pattern}`.
    pub(super) fn cut_prefix(
        pattern: &str,
        greedy: bool,
        value: &str,
    ) -> Result<String, ExpandError> {
        let compiled = Self::compile(pattern, greedy)?;
        let text: Vec<char> = value.chars().collect();
        let end = compiled.match_at(&text, 0).unwrap_or(0);
        Ok(text.iter().skip(end).collect())
    }

    /// `${value%pattern}` or, greedy, `${value%%pattern}`: the prefix of both turned around.
    pub(super) fn cut_suffix(
        pattern: &str,
        greedy: bool,
        value: &str,
    ) -> Result<String, ExpandError> {
        let backwards: String = value.chars().rev().collect();
        let rest = Self::cut_prefix(&reverse(pattern), greedy, &backwards)
            .map_err(|_| ExpandError::InvalidPattern { pattern: pattern.to_owned() })?;
        Ok(rest.chars().rev().collect())
    }

    /// The first match replaced, the replacement taken as it is.
    pub(super) fn replace_first(&self, value: &str, replacement: &str) -> String {
        let text: Vec<char> = value.chars().collect();
        match self.find(&text, 0) {
            Some((start, end)) => {
                let mut result: String = text.iter().take(start).collect();
                result.push_str(replacement);
                result.extend(text.iter().skip(end));
                result
            }
            None => value.to_owned(),
        }
    }

    /// Every match replaced. `$0` in the replacement is the match and other `$name` are nothing,
    /// since the engine passes the replacement through its regular expressions' template.
    pub(super) fn replace_all(&self, value: &str, replacement: &str) -> String {
        let text: Vec<char> = value.chars().collect();
        let mut result = String::new();
        let (mut copied, mut from) = (0, 0);
        while let Some((start, end)) = self.find(&text, from) {
            result.extend(text.get(copied..start).unwrap_or_default());
            // An empty match right after another match would replace the same place twice.
            if end > copied || start == 0 {
                let matched: String = text.get(start..end).unwrap_or_default().iter().collect();
                push_template(&mut result, replacement, &matched);
            }
            copied = end;
            from = end.max(from + 1);
        }
        result.extend(text.get(copied..).unwrap_or_default());
        result
    }

    fn find(&self, text: &[char], from: usize) -> Option<(usize, usize)> {
        (from..=text.len()).find_map(|start| Some((start, self.match_at(text, start)?)))
    }

    /// The end of the preferred match that begins at `start`.
    ///
    /// Walks the choices in order of preference; a state that failed once is not tried again, so
    /// the time is bounded by the pattern's length times the text's.
    fn match_at(&self, text: &[char], start: usize) -> Option<usize> {
        let width = text.len() + 1;
        let mut seen = vec![false; (self.tokens.len() + 1) * width];
        let mut choices = vec![(0, start)];
        while let Some((token, position)) = choices.pop() {
            match seen.get_mut(token * width + position) {
                Some(state) if !*state => *state = true,
                _ => continue,
            }
            let here = text.get(position).copied();
            let is_text = here.is_some_and(|character| character != '\n');
            match self.tokens.get(token) {
                None => return Some(position),
                Some(Token::Literal(wanted)) if here == Some(*wanted) => {
                    choices.push((token + 1, position + 1));
                }
                Some(Token::Any) if is_text => choices.push((token + 1, position + 1)),
                Some(Token::Star) => {
                    let leave = (token + 1, position);
                    let stay = is_text.then_some((token, position + 1));
                    // The last one pushed is tried first.
                    if self.greedy {
                        choices.push(leave);
                        choices.extend(stay);
                    } else {
                        choices.extend(stay);
                        choices.push(leave);
                    }
                }
                Some(Token::Literal(_) | Token::Any) => {}
            }
        }
        None
    }
}

/// The pattern turned around, escapes kept before what they escape.
fn reverse(pattern: &str) -> String {
    let mut parts = Vec::new();
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        match (character, rest.clone().next()) {
            ('\\', Some(escaped)) => {
                rest.next();
                parts.push(escaped);
                parts.push('\\');
            }
            _ => parts.push(character),
        }
    }
    parts.into_iter().rev().collect()
}

fn push_template(result: &mut String, template: &str, matched: &str) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
            continue;
        }
        let braced = rest.strip_prefix('{');
        let body = braced.unwrap_or(rest);
        let end = body
            .find(|character: char| !character.is_alphanumeric() && character != '_')
            .unwrap_or(body.len());
        let (name, after) = body.split_at(end);
        let after = if braced.is_some() { after.strip_prefix('}') } else { Some(after) };
        match after {
            Some(after) if !name.is_empty() => {
                if name == "0" {
                    result.push_str(matched);
                }
                rest = after;
            }
            _ => result.push('$'),
        }
    }
    result.push_str(rest);
}
