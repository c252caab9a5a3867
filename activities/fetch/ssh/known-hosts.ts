import { createHmac } from 'node:crypto';

/** What a known_hosts file says of one host. */
export interface HostKeys {
  /** Types of the keys that are known, such as ssh-ed25519. */
  readonly types: ReadonlySet<string>;
  /** Whether a key in the form of the protocol is one of them. */
  verdict(key: Buffer): 'known' | 'unknown' | 'revoked';
}

/**
 * Reads from a known_hosts file what concerns a host: plain, hashed and wildcard entries, several keys, and revoked ones. Certificate
 * authorities are no keys of a host. Raises an Error with the number of a line that is no entry.
 */
export function readKnownHosts(text: string, host: string, port: number): HostKeys {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const known = new Set<string>();
  const revoked = new Set<string>();
  const types = new Set<string>();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    const entry = parseLine(line.trim(), at + 1);
    if (!entry || !matches(entry.hosts, name)) continue;
    if (entry.marker === '@revoked') revoked.add(entry.key);
    if (entry.marker !== '') continue;
    known.add(entry.key);
    types.add(entry.type);
  }
  return {
    types,
    verdict(key) {
      const wanted = key.toString('base64');
      if (revoked.has(wanted)) return 'revoked';
      return known.has(wanted) ? 'known' : 'unknown';
    },
  };
}

interface Entry {
  readonly marker: string;
  readonly hosts: string;
  readonly type: string;
  /** In base64, written as Node writes it. */
  readonly key: string;
}

function parseLine(line: string, number: number): Entry | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const fields = line.split(/\s+/);
  const marker = fields[0]?.startsWith('@') ? (fields.shift() ?? '') : '';
  const [hosts, type, text] = fields;
  const key = Buffer.from(text ?? '', 'base64');
  // The key begins with its own type, which tells an entry from a line that lost a part.
  if (!hosts || !type || typeInside(key) !== type) {
    throw new Error(`line ${number} is no entry of the form <hosts> <type> <key>`);
  }
  return { marker, hosts, type, key: key.toString('base64') };
}

function typeInside(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  return key.toString('latin1', 4, 4 + key.readUInt32BE(0));
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHash(hosts, name);
  let found = false;
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

/** `|1|<salt>|<hash>`: the name under HMAC-SHA1, so that the file does not tell which hosts it knows. */
function matchesHash(field: string, name: string): boolean {
  const [, kind, salt = '', hash = ''] = field.split('|');
  if (kind !== '1') return false;
  const hashed = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return hashed.equals(Buffer.from(hash, 'base64'));
}

/** An asterisk stands for any text, a question mark for one character. No regular expression, since one could take for ever. */
function matchesPattern(pattern: string, name: string): boolean {
  const wanted = /^\[(.*)\]:22$/.exec(pattern)?.[1] ?? pattern;
  let [at, star, retry] = [0, -1, 0];
  for (let read = 0; read < name.length;) {
    if (wanted[at] === '*') {
      star = at++;
      retry = read;
    } else if (wanted[at] === '?' || wanted[at] === name[read]) {
      at++;
      read++;
    } else if (star >= 0) {
      at = star + 1;
      read = ++retry;
    } else {
      return false;
    }
  }
  return /^\**$/.test(wanted.slice(at));
}
