import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hmac, message, openHook, signedByGitHub, verdict } from '../../support/receivers.ts';

const token = 'top secret';
const body = '{"ref":"refs/heads/main"}';
const json = { 'content-type': 'application/json' };

test('generic takes everything that finds the path', async () => {
  expect(await verdict(message({}, 'anything'), openHook({ type: 'generic' }))).toBe('ok');
});

describe('generic-hmac', () => {
  const hook = openHook({ type: 'generic-hmac' });

  test.each(['sha1', 'sha256', 'sha512'])('takes a signature of %s', async (algorithm) => {
    const signature = `${algorithm}=${hmac(algorithm, token, body)}`;
    expect(await verdict(message({ 'x-signature': signature }, body), hook)).toBe('ok');
  });

  test.each([
    ['no signature', '', 'missing'],
    ['no algorithm', hmac('sha256', token, body), 'has to be'],
    ['another algorithm', `md5=${hmac('md5', token, body)}`, 'has to be'],
    ['the digest of another algorithm', `sha512=${hmac('sha256', token, body)}`, 'does not match'],
    ['another token', `sha256=${hmac('sha256', 'other', body)}`, 'does not match'],
    ['another body', `sha256=${hmac('sha256', token, 'x')}`, 'does not match'],
    ['a digest that goes on', `sha256=${hmac('sha256', token, body)}00`, 'does not match'],
    ['half a digest', `sha256=${hmac('sha256', token, body).slice(0, 32)}`, 'does not match'],
    ['no digest', 'sha256=', 'has to be'],
  ])('refuses %s', async (_, signature, why) => {
    const given = message({ 'x-signature': signature }, body);
    expect(await verdict(given, hook)).toContain(why);
  });
});

describe('github', () => {
  const hook = openHook({ type: 'github', events: ['ping', 'PUSH'] });

  test('takes a signed event, whatever the case of its name', async () => {
    expect(await verdict(message(signedByGitHub(token, body), body), hook)).toBe('ok');
  });

  test('takes the older header, and a form that is signed as it is sent', async () => {
    const form = `payload=${encodeURIComponent(body)}`;
    const headers = {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'x-github-event': 'push',
      'x-hub-signature': `sha1=${hmac('sha1', token, form)}`,
    };
    expect(await verdict(message(headers, form), hook)).toBe('ok');
  });

  test.each([
    ['an event that is not wanted', { 'x-github-event': 'issues' }, 'none of spec.events'],
    ['no event', { 'x-github-event': '' }, 'none of spec.events'],
    ['no signature', { 'x-hub-signature-256': '' }, 'missing'],
    ['a content type that is none of GitHub', { 'content-type': 'text/plain' }, 'content type'],
    [
      'a wrong signature beside a right one of the older kind',
      {
        'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
        'x-hub-signature': `sha1=${hmac('sha1', token, body)}`,
      },
      'does not match',
    ],
  ])('refuses %s', async (_, headers, why) => {
    const given = message({ ...signedByGitHub(token, body), ...headers }, body);
    expect(await verdict(given, hook)).toContain(why);
  });

  test('takes every event where none is named', async () => {
    const given = message(signedByGitHub(token, body, 'issues'), body);
    expect(await verdict(given, openHook({ type: 'github' }))).toBe('ok');
  });
});

test.each([
  ['bitbucket', { ...json, 'x-event-key': 'repo:refs_changed' }, 'repo:refs_changed'],
  ['gitlab', { 'x-gitlab-token': token, 'x-gitlab-event': 'Push Hook' }, 'push hook'],
  ['harbor', { authorization: token }, undefined],
] as const)('%s takes its own, and nothing else', async (type, headers, event) => {
  const signature = { 'x-hub-signature': `sha256=${hmac('sha256', token, body)}` };
  const whole: Record<string, string> = { ...headers, ...(type === 'bitbucket' ? signature : {}) };
  const wanted = openHook({ type, events: event ? [event] : [] });
  expect(await verdict(message(whole, body), wanted)).toBe('ok');
  const forged = Object.fromEntries(
    Object.entries(whole).map(([name, value]) => [name, value.replace('top', 'bot')]),
  );
  const other = type === 'bitbucket' ? message(whole, `${body} `) : message(forged, body);
  expect(await verdict(other, wanted)).toContain('does not match');
  if (event === undefined) return;
  const unwanted = openHook({ type, events: ['something else'] });
  expect(await verdict(message(whole, body), unwanted)).toContain('none of spec.events');
});

test('nexus signs with SHA-1 and without a prefix, and sends JSON', async () => {
  const hook = openHook({ type: 'nexus' });
  const given = (text: string, signature: string): Promise<string> =>
    verdict(message({ 'x-nexus-webhook-signature': signature }, text), hook);
  const event = '{"action":"CREATED","repositoryName":"images"}';
  expect(await given(event, hmac('sha1', token, event))).toBe('ok');
  expect(await given(event, hmac('sha256', token, event))).toContain('does not match');
  expect(await given(event, '')).toContain('does not match');
  expect(await given('no json', hmac('sha1', token, 'no json'))).toContain('not JSON');
  expect(await given('[]', hmac('sha1', token, '[]'))).toContain('not what this type');
});

test.each([
  ['dockerhub', '{"push_data":{"tag":"1"},"repository":{"repo_url":"x"}}', '{"push_data":"1"}'],
  ['quay', '{"docker_url":"x","updated_tags":["1"]}', '{"updated_tags":"1"}'],
  ['acr', '{"action":"push","target":{"repository":"x","tag":"1"}}', '{"target":[]}'],
] as const)('%s takes what it can read', async (type, good, wrong) => {
  const hook = openHook({ type });
  expect(await verdict(message({}, good), hook)).toBe('ok');
  expect(await verdict(message({}, '{}'), hook)).toBe('ok');
  expect(await verdict(message({}, wrong), hook)).toContain('not what this type');
  expect(await verdict(message({}, 'tag=1'), hook)).toContain('not JSON');
});

test('a Secret without a token lets nobody in', async () => {
  for (const type of [
    'generic-hmac',
    'github',
    'gitlab',
    'harbor',
    'bitbucket',
    'nexus',
  ] as const) {
    const headers = {
      ...signedByGitHub('', body),
      'x-signature': `sha256=${hmac('sha256', '', body)}`,
      'x-nexus-webhook-signature': hmac('sha1', '', body),
    };
    for (const secret of [{}, { token: '' }]) {
      const why = await verdict(message(headers, body), openHook({ type }, secret));
      expect(why).toBe('the Receiver has no token');
    }
  }
});

test('no forged request passes, and none makes a verifier fail', async () => {
  const guarded = [
    'generic-hmac',
    'generic-oidc',
    'github',
    'gitlab',
    'bitbucket',
    'harbor',
    'gcr',
    'nexus',
  ] as const;
  const provider = {
    issuerURL: 'http://127.0.0.1:1',
    validations: [{ expression: 'true', message: 'never' }],
  };
  const names = [
    ...['x-signature', 'x-hub-signature', 'x-hub-signature-256', 'x-gitlab-token'],
    ...['authorization', 'x-nexus-webhook-signature', 'content-type', 'x-github-event'],
  ];
  const hex = fc.stringMatching(/^[0-9a-fA-F]{0,130}$/);
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    hex,
    fc.tuple(fc.constantFrom('sha1', 'sha256', 'sha512', 'md5'), hex).map((both) => both.join('=')),
    fc.constantFrom(
      'application/json',
      'Bearer',
      'Bearer a.b.c',
      `Bearer ${'.'.repeat(2)}`,
      token[0] ?? '',
    ),
    fc.string().map((text) => `Bearer ${Buffer.from(text).toString('base64url')}.e30.`),
  );
  const headers = fc.dictionary(fc.constantFrom(...names), value);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...guarded),
      headers,
      fc.uint8Array({ maxLength: 200 }),
      async (type, given, bytes) => {
        const oidcProviders = type === 'generic-oidc' ? [provider] : [];
        const secret = { token, email: 'a@example.com', audience: 'a' };
        const hook = openHook({ type, oidcProviders }, secret);
        expect(await verdict(message(given, Buffer.from(bytes)), hook)).not.toBe('ok');
      },
    ),
    { numRuns: 1000 },
  );
});

test('a signature passes for the body that it was made of, and for no other', async () => {
  const bytes = fc.uint8Array({ maxLength: 500 });
  await fc.assert(
    fc.asyncProperty(bytes, bytes, fc.string({ minLength: 1 }), async (signed, sent, secret) => {
      const hook = openHook({ type: 'github' }, { token: secret });
      const headers = signedByGitHub(secret, Buffer.from(signed));
      const same = Buffer.compare(signed, sent) === 0;
      expect((await verdict(message(headers, Buffer.from(sent)), hook)) === 'ok').toBe(same);
      expect(await verdict(message(headers, Buffer.from(signed)), hook)).toBe('ok');
    }),
  );
});
