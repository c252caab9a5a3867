import { fail } from '../failures.ts';

/** A submodule as `.gitmodules` describes it. */
export interface Submodule {
  readonly path: string;
  readonly url: string;
}

/** Reads the submodules of a `.gitmodules` file, which is written like a configuration of Git. What has no path or no url is left out. */
export function parseGitModules(text: string): Submodule[] {
  const sections: Map<string, string>[] = [];
  for (const line of text.replace(/\\\r?\n/g, '').split(/\r?\n/)) {
    if (/^\s*\[/.test(line)) sections.push(new Map());
    const [, name = '', value] = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (value !== undefined) sections.at(-1)?.set(name.toLowerCase(), plainValue(value));
  }
  return sections.flatMap((section) => {
    const [path, url] = [section.get('path'), section.get('url')];
    return path && url ? [{ path: path.replace(/\/+$/, ''), url }] : [];
  });
}

/**
 * The address of a submodule: as it stands, relative to the address of the repository that holds it, or as ssh writes it for short. Raises
 * GitOperationFailed for anything but http, https and ssh: whoever may commit chooses it.
 */
export function submoduleUrl({ path, url }: Submodule, parent: string): URL {
  const found = /^\.\.?\//.test(url)
    ? new URL(url, `${parent.replace(/\/+$/, '')}/`)
    : (parseUrl(url) ?? shortSsh(url));
  if (found && protocols.has(found.protocol) && found.hostname !== '') {
    // Credentials come from the source alone; the user is part of the address of ssh.
    if (found.protocol !== 'ssh:') found.username = '';
    found.password = '';
    return found;
  }
  const scheme = found?.protocol ?? 'no scheme';
  const allowed = 'submodules come over http, https or ssh';
  throw fail('GitOperationFailed', `the url of submodule "${path}" has ${scheme}: ${allowed}`);
}

const protocols = new Set(['http:', 'https:', 'ssh:']);

/** Comments end a value and quotes are taken off, as Git does. */
function plainValue(text: string): string {
  let value = '';
  let quoted = false;
  for (const [, escaped, character = ''] of text.matchAll(/\\(.)|([\s\S])/g)) {
    if (escaped !== undefined) value += escapes.get(escaped) ?? escaped;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === '#' || character === ';')) break;
    else value += character;
  }
  return quoted ? value : value.trim();
}

const escapes = new Map([
  ['n', '\n'],
  ['t', '\t'],
]);

function parseUrl(text: string): URL | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

/** `git@host:path`, which is how many write ssh. */
function shortSsh(text: string): URL | undefined {
  const [, user = '', host = '', path = ''] =
    /^([\w.-]+)@([\w.-]+):(?!\/\/)([^\s:].*)$/.exec(text) ?? [];
  const url = `ssh://${user}@${host}/${path.replace(/^\/+/, '')}`;
  return host !== '' && URL.canParse(url) ? new URL(url) : undefined;
}
