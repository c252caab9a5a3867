/** True for a name that fits a pattern of a shell: `*`, `?`, `[a-z]`, `[^a-z]` and a backslash before what is meant literally. */
export type MatchesName = (name: string) => boolean;

/**
 * Reads a pattern for one name of a path. One that is malformed fits nothing, as under Flux. Takes time in proportion to pattern times name
 * whatever they are: both come from repositories.
 */
export function compileGlob(pattern: string): MatchesName {
  const tokens = tokensOf(pattern);
  if (!tokens) return () => false;
  return (name) => fits(tokens, Array.from(name));
}

type Token = 'star' | ((character: string) => boolean);

function tokensOf(pattern: string): Token[] | undefined {
  const characters = Array.from(pattern);
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at];
    if (character === '*') {
      if (tokens.at(-1) !== 'star') tokens.push('star');
    } else if (character === '?') tokens.push(() => true);
    else if (character === '[') {
      const read = readClass(characters, at + 1);
      if (!read) return undefined;
      tokens.push(read.fits);
      at = read.end;
    } else {
      if (character === '\\') at++;
      const literal = characters[at];
      if (literal === undefined) return undefined;
      tokens.push((other) => other === literal);
    }
  }
  return tokens;
}

/** A set of characters from behind its bracket, and the place of the bracket that ends it. */
function readClass(
  characters: readonly string[],
  start: number,
): { fits: (character: string) => boolean; end: number } | undefined {
  const isNegated = characters[start] === '^';
  const ranges: [string, string][] = [];
  let at = isNegated ? start + 1 : start;
  while (characters[at] !== ']' || ranges.length === 0) {
    const low = bound(characters, at);
    if (!low) return undefined;
    at = low.next;
    const high = characters[at] === '-' ? bound(characters, at + 1) : low;
    if (!high) return undefined;
    at = high.next;
    ranges.push([low.character, high.character]);
  }
  const isIn = (character: string): boolean =>
    ranges.some(([low, high]) => low <= character && character <= high);
  return { fits: (character) => isIn(character) !== isNegated, end: at };
}

function bound(
  characters: readonly string[],
  at: number,
): { character: string; next: number } | undefined {
  const first = characters[at];
  if (first === undefined || first === '-' || first === ']') return undefined;
  const place = first === '\\' ? at + 1 : at;
  const character = characters[place];
  return character === undefined ? undefined : { character, next: place + 1 };
}

/** Only the last star ever has to take more than at first: whatever the ones before it took will do. */
function fits(tokens: readonly Token[], name: readonly string[]): boolean {
  let [token, at] = [0, 0];
  let retry: { token: number; at: number } | undefined;
  while (at < name.length) {
    const wanted = tokens[token];
    const character = name[at] ?? '';
    if (wanted === 'star') {
      retry = { token: ++token, at };
    } else if (wanted?.(character)) {
      token++;
      at++;
    } else if (retry) {
      retry.at++;
      token = retry.token;
      at = retry.at;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === 'star');
}
