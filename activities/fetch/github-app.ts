import { createHash, createPrivateKey, createSign } from 'node:crypto';
import { request } from 'undici';
import { z } from 'zod';
import { fail } from '../failures.ts';
import type { Connections } from './git-connections.ts';
import { requestFailure } from './git-http.ts';

/** A GitHub App, and where it is installed. */
export interface GithubApp {
  readonly id: string;
  readonly privateKey: string;
  readonly installation: { readonly id: string } | { readonly owner: string };
  /** Address of the API. */
  readonly api: string;
  /** The Secret, such as `Secret/ns/name`, for messages. */
  readonly title: string;
}

/** Reads an app from the values of a Secret, by Flux's keys. Raises InvalidProviderSecret naming the key at fault. */
export function readGithubApp(values: ReadonlyMap<string, string>, title: string): GithubApp {
  const value = (key: string): string => (values.get(key) ?? '').trim();
  const refuse = (why: string): Error => fail('InvalidProviderSecret', `${title} ${why}`);
  const [id, privateKey] = [value('githubAppID'), value('githubAppPrivateKey')];
  const [installationId, owner] = [
    value('githubAppInstallationID'),
    value('githubAppInstallationOwner'),
  ];
  const api = value('githubAppBaseURL') || 'https://api.github.com';
  if (id === '') throw refuse('lacks githubAppID');
  if (privateKey === '') throw refuse('lacks githubAppPrivateKey');
  if ((installationId === '') === (owner === '')) {
    throw refuse('needs either githubAppInstallationID or githubAppInstallationOwner');
  }
  if (installationId !== '' && !/^\d+$/.test(installationId)) {
    throw refuse('has a githubAppInstallationID that is no number');
  }
  if (!URL.canParse(api) || !/^https?:/.test(api)) {
    throw refuse('has a githubAppBaseURL that is no URL');
  }
  const installation = installationId === '' ? { owner } : { id: installationId };
  return { id, privateKey, installation, api: api.replace(/\/+$/, ''), title };
}

/** Tokens of installations, kept in memory until shortly before they expire. */
export interface InstallationTokens {
  /**
   * A token that reads the repositories of an installation. Raises InvalidProviderSecret for a key that can not sign, AuthenticationFailed
   * where GitHub refuses the app, GitOperationFailed where it can not be asked.
   */
  token(app: GithubApp, connections: Connections, signal: AbortSignal): Promise<string>;
}

/** An empty store of tokens. */
export function createInstallationTokens(): InstallationTokens {
  const known = new Map<string, { token: string; until: number }>();
  return {
    async token(app, connections, signal) {
      const key = createHash('sha256').update(JSON.stringify(app)).digest('hex');
      const kept = known.get(key);
      if (kept && kept.until > Date.now()) return kept.token;
      for (const [old, { until }] of known) if (until <= Date.now()) known.delete(old);
      const ask = caller(app, connections, signal);
      const id = 'id' in app.installation ? app.installation.id : await find(app, ask);
      const path = `/app/installations/${id}/access_tokens`;
      const answer = await ask('POST', path);
      if (answer.status !== 201 && answer.status !== 200) throw refused(app, answer.status);
      const { token, expires_at: expires } = parse(AccessToken, answer.body, app);
      known.set(key, { token, until: Date.parse(expires) - marginMs });
      return token;
    },
  };
}

/** A fetch that begins with a token must not outlive it. */
const marginMs = 5 * 60_000;
const maxAnswerBytes = 1024 * 1024;
const pageSize = 100;
const maxPages = 20;

const AccessToken = z.object({ token: z.string().min(1), expires_at: z.iso.datetime() });
const Installation = z.object({
  id: z.int(),
  account: z.object({ login: z.string() }).nullable().optional(),
});

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Ask = (method: 'GET' | 'POST', path: string) => Promise<Answer>;

function caller(app: GithubApp, connections: Connections, signal: AbortSignal): Ask {
  const jwt = signedToken(app);
  return async (method, path) => {
    const url = `${app.api}${path}`;
    try {
      const answer = await request(url, {
        method,
        headers: {
          authorization: `Bearer ${jwt}`,
          accept: 'application/vnd.github+json',
          'user-agent': 'sluice',
          'x-github-api-version': '2022-11-28',
        },
        dispatcher: connections.to(url),
        signal,
      });
      return { status: answer.statusCode, body: jsonOf(await textOf(answer.body)) };
    } catch (error) {
      throw requestFailure(error, url);
    }
  };
}

/** The app signs a token for itself, which is good for ten minutes at most; clocks may differ by one. */
function signedToken({ id, privateKey, title }: GithubApp): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iat: now - 60, exp: now + 9 * 60, iss: id };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  try {
    const key = createPrivateKey(privateKey);
    if (key.asymmetricKeyType !== 'rsa') throw new Error('not RSA');
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`;
  } catch {
    const why = 'has a githubAppPrivateKey that is no private RSA key in PEM';
    throw fail('InvalidProviderSecret', `${title} ${why}`);
  }
}

/** An account is an organization or a user; whoever has another base address may offer the list alone. */
async function find(app: GithubApp, ask: Ask): Promise<string> {
  const owner = 'owner' in app.installation ? app.installation.owner : '';
  for (const kind of ['orgs', 'users']) {
    const { status, body } = await ask('GET', `/${kind}/${encodeURIComponent(owner)}/installation`);
    if (status === 200) return String(parse(Installation, body, app).id);
    if (status !== 404) throw refused(app, status);
  }
  for (let page = 1; page <= maxPages; page++) {
    const query = `per_page=${pageSize}&page=${page}`;
    const { status, body } = await ask('GET', `/app/installations?${query}`);
    if (status === 404) break;
    if (status !== 200) throw refused(app, status);
    const rows = parse(z.array(Installation), body, app);
    const login = owner.toLowerCase();
    const found = rows.find(({ account }) => account?.login.toLowerCase() === login);
    if (found) return String(found.id);
    if (rows.length < pageSize) break;
  }
  const advice = 'install it there, or correct githubAppInstallationOwner';
  const why = `the GitHub App ${app.id} is not installed for ${owner}: ${advice}`;
  throw fail('AuthenticationFailed', `${why} in ${app.title}`);
}

function refused({ api, id, title }: GithubApp, status: number): Error {
  const why = `${api} gives no token to the GitHub App ${id} (HTTP ${status})`;
  if (status === 401 || status === 403 || status === 404) {
    const advice = `check the app, its installation and its key in ${title}`;
    return fail('AuthenticationFailed', `${why}: ${advice}`);
  }
  return fail('GitOperationFailed', why);
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown, { api }: GithubApp): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw fail('GitOperationFailed', `${api} answers, and not as GitHub does: is it its API?`);
}
