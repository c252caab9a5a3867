import { z } from 'zod';

/** What a registry is shown: a user's name and password, or a token. */
export type Credential =
  | { readonly username: string; readonly password: string }
  /** Exchanged for an access token by OAuth2. */
  | { readonly identityToken: string }
  /** Shown to the registry as it is. */
  | { readonly registryToken: string };

/** Credentials, and the registry or the part of one that they are for. */
export interface CredentialEntry {
  /** `host[:port][/path]`; a `*` stands for one label of the host. */
  readonly place: string;
  readonly credential: Credential;
}

/** Reads the credentials of a Docker config file, or of its older form without `auths`. Raises an Error that tells no value. */
export function parseDockerConfig(text: string): CredentialEntry[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('is no JSON');
  }
  const parsed = dockerConfig.safeParse(json);
  const auths = parsed.success ? (parsed.data.auths ?? olderForm(json)) : undefined;
  if (!auths) throw new Error('is no Docker config: it needs auths with an entry for a registry');
  return Object.entries(auths).flatMap(([place, entry]) => {
    const credential = credentialOf(entry);
    return credential ? [{ place: placeOf(place), credential }] : [];
  });
}

/** The credentials for a repository: those of the first list that has some, there those of the most exact place. */
export function credentialFor(
  lists: readonly (readonly CredentialEntry[])[],
  { registry, path }: { readonly registry: string; readonly path: string },
): Credential | undefined {
  for (const list of lists) {
    const [best] = list
      .filter(({ place }) => matches(place, registry, path))
      .sort((a, b) => b.place.length - a.place.length);
    if (best) return best.credential;
  }
  return undefined;
}

const entrySchema = z.object({
  username: z.string().optional(),
  password: z.string().optional(),
  auth: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});
type Entry = z.infer<typeof entrySchema>;
const entries = z.record(z.string(), entrySchema);
const dockerConfig = z.object({ auths: entries.optional() });

function olderForm(json: unknown): Record<string, Entry> | undefined {
  const older = entries.safeParse(json);
  return older.success && Object.keys(older.data).length > 0 ? older.data : undefined;
}

function credentialOf({ username, password, auth, ...tokens }: Entry): Credential | undefined {
  if (tokens.identitytoken) return { identityToken: tokens.identitytoken };
  if (tokens.registrytoken) return { registryToken: tokens.registrytoken };
  if (username !== undefined && password !== undefined) return { username, password };
  if (!auth) return undefined;
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const at = text.indexOf(':');
  if (at < 0) throw new Error('has an auth that is no <user>:<password> in base64');
  return { username: text.slice(0, at), password: text.slice(at + 1) };
}

/** Entries may be written as URLs, with the version of the API behind them. */
function placeOf(text: string): string {
  const bare = text.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '');
  return bare === 'index.docker.io' || bare === 'registry-1.docker.io' ? 'docker.io' : bare;
}

function matches(place: string, registry: string, path: string): boolean {
  const [host = '', ...rest] = place.split('/');
  const prefix = rest.join('/');
  if (prefix !== '' && path !== prefix && !path.startsWith(`${prefix}/`)) return false;
  const [wanted, given] = [host.split('.'), registry.split('.')];
  if (wanted.length !== given.length) return false;
  return wanted.every((label, at) => label === '*' || label === given[at]);
}
