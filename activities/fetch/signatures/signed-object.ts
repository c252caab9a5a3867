/** A Git object taken apart: what was signed, and the armoured signature where there is one. */
export interface SignedObject {
  readonly payload: Uint8Array;
  readonly signature?: string;
}

/** What a tag object says beside its signature. */
export interface SignedTag extends SignedObject {
  readonly name: string;
  /** Hash and type of what it points at. */
  readonly object: string;
  readonly type: string;
}

/** Who signed, or why the signature does not count. */
export type Verdict = { readonly key: string } | { readonly fault: string };

/** Takes a commit as Git stores it apart. Raises RangeError where it carries more than one signature, since only one would be looked at. */
export function readSignedCommit(raw: Uint8Array): SignedObject {
  const { head, body } = split(raw);
  const kept: string[] = [];
  const signatures: string[] = [];
  let place: 'kept' | 'signature' | 'dropped' = 'kept';
  for (const line of head) {
    if (!line.startsWith(' ')) place = placeOf(line);
    if (place === 'kept') kept.push(line);
    else if (line.startsWith('gpgsig ')) signatures.push(line.slice('gpgsig '.length));
    else if (place === 'signature') signatures.push(`${signatures.pop() ?? ''}\n${line.slice(1)}`);
  }
  if (signatures.length > 1) throw new RangeError('it carries more than one signature');
  const payload = Buffer.from([...kept, '', body].join('\n'), 'latin1');
  const [signature] = signatures;
  return signature === undefined ? { payload } : { payload, signature };
}

/** Takes a tag object as Git stores it apart; its signature is the end of its message. */
export function readSignedTag(raw: Uint8Array): SignedTag {
  const text = latin1(raw);
  const { head } = split(raw);
  const field = (name: string): string =>
    head.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? '';
  const fields = { name: field('tag'), object: field('object'), type: field('type') };
  const start = Math.max(...armours.map((armour) => text.lastIndexOf(`\n${armour}`)));
  if (start < 0) return { ...fields, payload: raw };
  return { ...fields, payload: raw.subarray(0, start + 1), signature: text.slice(start + 1) };
}

/** What an armoured signature says of its kind; undefined for a kind that is not known. */
export function signatureKind(signature: string): 'pgp' | 'ssh' | undefined {
  if (signature.startsWith(sshArmour)) return 'ssh';
  return pgpArmours.some((armour) => signature.startsWith(armour)) ? 'pgp' : undefined;
}

const sshArmour = '-----BEGIN SSH SIGNATURE-----';
const pgpArmours = ['-----BEGIN PGP SIGNATURE-----', '-----BEGIN PGP MESSAGE-----'];
const armours = [sshArmour, ...pgpArmours];

/** Git leaves the signatures for other hash algorithms out of what it signs, too. */
function placeOf(line: string): 'kept' | 'signature' | 'dropped' {
  if (line.startsWith('gpgsig ')) return 'signature';
  return line.startsWith('gpgsig-sha256 ') ? 'dropped' : 'kept';
}

function split(raw: Uint8Array): { head: string[]; body: string } {
  const text = latin1(raw);
  const end = text.indexOf('\n\n');
  if (end < 0) return { head: text.split('\n'), body: '' };
  return { head: text.slice(0, end).split('\n'), body: text.slice(end + 2) };
}

/** One character for each byte, so that nothing is lost whatever the encoding. */
function latin1(raw: Uint8Array): string {
  return Buffer.from(raw).toString('latin1');
}
