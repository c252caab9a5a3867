import { createServer, type RequestListener } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { message, openHook, verdict } from '../../support/receivers.ts';

let privateKey: CryptoKey;
let otherKey: CryptoKey;
let issuer = '';
let answer: RequestListener = () => undefined;
let asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  answer(request, response);
});

beforeAll(async () => {
  const pair = await generateKeyPair('RS256');
  privateKey = pair.privateKey;
  otherKey = (await generateKeyPair('RS256')).privateKey;
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
  answer = (request, response) => {
    const told = request.url === '/keys' ? { keys } : { issuer, jwks_uri: `${issuer}/keys` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(told));
  };
});
afterAll(() => server.close());

const claims = { repository_owner: 'sluice', ref: 'refs/heads/main', run: 7 };

async function token(
  fields: { key?: CryptoKey; iss?: string; aud?: string; exp?: string; claims?: object } = {},
): Promise<string> {
  return new SignJWT({ ...claims, ...fields.claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .setIssuer(fields.iss ?? issuer)
    .setAudience(fields.aud ?? 'notification-controller')
    .setIssuedAt()
    .setExpirationTime(fields.exp ?? '5m')
    .sign(fields.key ?? privateKey);
}

const bearer = (text: string): Record<string, string> => ({ authorization: `Bearer ${text}` });

function oidcHook(fields: object = {}): ReturnType<typeof openHook> {
  const validations = [
    { expression: "claims.repository_owner == 'sluice'", message: 'of another owner' },
    { expression: "vars.branch == 'main'", message: 'of another branch' },
  ];
  const variables = [
    { name: 'parts', expression: "claims.ref.split('/')" },
    { name: 'branch', expression: 'vars.parts[2]' },
  ];
  const provider = { issuerURL: issuer, variables, validations, ...fields };
  return openHook({ type: 'generic-oidc', oidcProviders: [provider] }, {});
}

test('a token of the issuer with the claims that are asked for is taken', async () => {
  expect(await verdict(message(bearer(await token())), oidcHook())).toBe('ok');
  const named = oidcHook({ audience: 'sluice' });
  expect(await verdict(message(bearer(await token({ aud: 'sluice' }))), named)).toBe('ok');
});

test('every validation that does not hold is told', async () => {
  const other = { repository_owner: 'x', ref: 'refs/heads/dev' };
  const given = message(bearer(await token({ claims: other })));
  const why = await verdict(given, oidcHook());
  expect(why).toBe('the token is refused: of another owner; of another branch');
});

test('an expression that fails refuses the token without a word of its values', async () => {
  const validations = [{ expression: 'claims.secret.value == 1', message: 'never' }];
  const why = await verdict(message(bearer(await token())), oidcHook({ validations }));
  expect(why).toContain('can not be evaluated');
});

test.each([
  ['of another key', async () => token({ key: otherKey }), 'signature verification failed'],
  ['for another audience', async () => token({ aud: 'x' }), '"aud"'],
  ['that has expired', async () => token({ exp: '-1m' }), '"exp"'],
  ['of an issuer that is not named', async () => token({ iss: 'https://example.com' }), 'none of'],
  ['that is cut', async () => (await token()).slice(0, -20), 'refused'],
  ['that is no token', () => Promise.resolve('a.b.c'), 'names no issuer'],
  ['with no parts', () => Promise.resolve('abc'), 'no JWT'],
])('a token %s is refused', async (_, make, why) => {
  expect(await verdict(message(bearer(await make())), oidcHook())).toContain(why);
});

test('a token without a signature, or signed with the public key as a secret, is refused', async () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const exp = Math.floor(Date.now() / 1000) + 300;
  const payload = { ...claims, iss: issuer, aud: 'notification-controller', exp };
  const bare = `${part({ alg: 'none' })}.${part(payload)}.`;
  expect(await verdict(message(bearer(bare)), oidcHook())).toContain('refused');
  const shared = await new SignJWT(payload)
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .sign(new TextEncoder().encode('x'.repeat(32)));
  expect(await verdict(message(bearer(shared)), oidcHook())).toContain('refused');
});

test('without a bearer token nothing is asked of an issuer', async () => {
  asked = [];
  expect(await verdict(message({}), oidcHook())).toContain('no bearer token');
  expect(await verdict(message({ authorization: 'Basic x' }), oidcHook())).toContain('no bearer');
  expect(asked).toEqual([]);
});

test('an issuer that redirects, floods or names another issuer is not believed', async () => {
  const before = answer;
  const given = message(bearer(await token()));
  answer = (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  expect(await verdict(given, oidcHook())).toContain('does not answer');
  answer = (_, response) => response.end('x'.repeat(2 * 1024 * 1024));
  expect(await verdict(given, oidcHook())).toContain('too large');
  answer = (_, response) => {
    response.end(JSON.stringify({ issuer: 'https://example.com', jwks_uri: `${issuer}/keys` }));
  };
  expect(await verdict(given, oidcHook())).toContain('not that of the issuer');
  answer = before;
});

test('gcr takes a message of the account and the audience in its Secret alone', async () => {
  const secret = { token: 't', email: 'push@example.com', audience: 'sluice' };
  const data = Buffer.from('{"action":"INSERT","tag":"app:1"}').toString('base64');
  const given = async (fields: object, body = JSON.stringify({ message: { data } })) => {
    const email = { email: 'push@example.com', email_verified: true, ...fields };
    const iss = 'https://accounts.google.com';
    return message(bearer(await token({ iss, aud: 'sluice', claims: email })), body);
  };
  const ask = async (fields: object, held: Record<string, string> = secret, body?: string) =>
    verdict(await given(fields, body), openHook({ type: 'gcr' }, held), `${issuer}/keys`);
  expect(await ask({})).toBe('ok');
  expect(await ask({ email: 'other@example.com' })).toContain('another account');
  expect(await ask({ email_verified: false })).toContain('another account');
  expect(await ask({}, { ...secret, audience: 'other' })).toContain('"aud"');
  expect(await ask({}, { token: 't', audience: 'sluice' })).toContain('email and audience');
  expect(await ask({}, { token: 't', email: 'push@example.com' })).toContain('email and audience');
  expect(await ask({}, secret, '{"message":{"data":"!"}}')).toContain('not JSON');
});
