import { expect, test } from 'vitest';
import { follows, pushOf, repositoryOf } from '../../../client/receiver/push.ts';
import { message } from '../../support/receivers.ts';

const json = { 'content-type': 'application/json' };

test.each([
  ['https://github.com/Sluice/App.git', 'github.com/sluice/app'],
  ['https://user:secret@github.com:8443/sluice/app/', 'github.com/sluice/app'],
  ['ssh://git@github.com/sluice/app', 'github.com/sluice/app'],
  ['git@github.com:sluice/app.git', 'github.com/sluice/app'],
  ['git://github.com/sluice/app.git', 'github.com/sluice/app'],
  ['https://github.com', ''],
  ['file:///etc/passwd', ''],
  ['app', ''],
])('%s is %s', (address, repository) => {
  expect(repositoryOf(address)).toBe(repository);
});

const events: [name: string, body: object][] = [
  [
    'GitHub',
    { ref: 'refs/heads/main', repository: { clone_url: 'https://git.example.com/a/b.git', id: 1 } },
  ],
  [
    'GitLab',
    {
      ref: 'refs/heads/main',
      project: { git_ssh_url: 'git@git.example.com:a/b.git' },
      repository: {},
    },
  ],
  [
    'Bitbucket Server',
    {
      changes: [{ ref: { id: 'refs/heads/main' } }],
      repository: { links: { clone: [{ href: 'ssh://git@git.example.com:7999/a/b.git' }] } },
    },
  ],
  [
    'Bitbucket Cloud',
    {
      push: { changes: [{ new: { type: 'branch', name: 'main' }, old: null }] },
      repository: { links: { html: { href: 'https://git.example.com/a/b' } } },
    },
  ],
];

test.each(events)('a push of %s is read', (_, body) => {
  const push = pushOf(message(json, JSON.stringify(body)));
  expect(push && [...push.repositories]).toEqual(['git.example.com/a/b']);
  expect(push && [...push.references]).toEqual(['refs/heads/main']);
});

test('a push in a form is read', () => {
  const [, body] = events[0] ?? ['', {}];
  const form = `payload=${encodeURIComponent(JSON.stringify(body))}`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  expect(pushOf(message(headers, form))).toBeDefined();
});

test.each([
  ['no JSON', 'ref=main'],
  ['null', 'null'],
  ['a list', '[]'],
  ['a ping', '{"zen":"x","repository":{"clone_url":"https://git.example.com/a/b.git"}}'],
  ['no repository', '{"ref":"refs/heads/main"}'],
  ['a reference of another type', '{"ref":{"a":1},"repository":{"url":"https://x.io/a"}}'],
])('%s is no push', (_, body) => {
  expect(pushOf(message(json, body))).toBeUndefined();
});

const branch = (name: string): object => ({ ref: { branch: name } });

test.each([
  ['its branch', branch('main'), ['refs/heads/main'], true],
  ['another branch', branch('main'), ['refs/heads/dev'], false],
  ['a branch whose name goes on', branch('main'), ['refs/heads/main2'], false],
  ['master where nothing is said', {}, ['refs/heads/master'], true],
  ['a tag for a range', { ref: { semver: '>=1.0.0' } }, ['refs/tags/v1.1.0'], true],
  ['a branch for a range', { ref: { semver: '*', branch: 'main' } }, ['refs/heads/main'], false],
  ['its tag', { ref: { tag: 'v1' } }, ['refs/tags/v1'], true],
  ['its name', { ref: { name: 'refs/pull/1/head' } }, ['refs/pull/1/head'], true],
])('a source follows %s', (_, spec, references, expected) => {
  const repositories = new Set(['git.example.com/a/b']);
  const push = { repositories, references: new Set(references) };
  const source = (url: string): Parameters<typeof follows>[0] => ({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'repo' },
    spec: { url, ...spec },
  });
  expect(follows(source('https://git.example.com/A/b.git'), push)).toBe(expected);
  expect(follows(source('https://git.example.com/a/other.git'), push)).toBe(false);
});
