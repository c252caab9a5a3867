import { describe, expect, test } from 'vitest';
import { parseChallenge } from '../../../../activities/fetch/oci/authorization.ts';
import {
  credentialFor,
  parseDockerConfig,
} from '../../../../activities/fetch/oci/docker-config.ts';
import { highestTag } from '../../../../activities/fetch/oci/pull-target.ts';
import { parseRepositoryName } from '../../../../activities/fetch/oci/repository-name.ts';

describe('the url of a repository', () => {
  test.each([
    ['oci://ghcr.io/org/app', 'ghcr.io', 'org/app'],
    ['oci://localhost:5000/app', 'localhost:5000', 'app'],
    ['oci://[::1]:5000/a/b', '[::1]:5000', 'a/b'],
    ['oci://org/app', 'docker.io', 'org/app'],
    ['oci://index.docker.io/app', 'docker.io', 'library/app'],
    ['oci://app', 'docker.io', 'library/app'],
  ])('%s is at %s', (url, registry, path) => {
    expect(parseRepositoryName(url)).toMatchObject({ registry, path });
  });

  test.each([
    ['https://ghcr.io/app', 'oci://'],
    ['oci://ghcr.io/app:v1', 'spec.ref.tag'],
    ['oci://ghcr.io/app@sha256:0', 'spec.ref.digest'],
    ['oci://ghcr.io/../app', 'no name of a repository'],
    ['oci://ghcr.io/App', 'no name of a repository'],
    ['oci://ghcr.io/', 'no name of a repository'],
    ['oci://user@ghcr.io/app', 'no host'],
    ['oci://ghcr.io:80x/app', 'no host'],
    ['oci://ghcr.io/app?x=y', 'no name of a repository'],
  ])('%s is none', (url, fault) => {
    expect(() => parseRepositoryName(url)).toThrow(fault);
  });
});

const auth = (text: string): { auth: string } => ({ auth: Buffer.from(text).toString('base64') });
const config = (auths: object): string => JSON.stringify({ auths });

describe('the credentials of a Docker config', () => {
  const lists = [
    parseDockerConfig(
      config({
        'ghcr.io': auth('all:1'),
        'https://ghcr.io/org': auth('org:2'),
        '*.example.com': { username: 'any', password: '3' },
        'https://index.docker.io/v1/': { identitytoken: 'token' },
      }),
    ),
    parseDockerConfig(config({ 'ghcr.io': auth('later:4'), 'other.io': auth('o:p:q') })),
  ];

  test.each([
    ['ghcr.io', 'app', { username: 'all', password: '1' }],
    ['ghcr.io', 'org/app', { username: 'org', password: '2' }],
    ['ghcr.io', 'organisation/app', { username: 'all', password: '1' }],
    ['a.example.com', 'app', { username: 'any', password: '3' }],
    ['a.b.example.com', 'app', undefined],
    ['example.com', 'app', undefined],
    ['docker.io', 'library/app', { identityToken: 'token' }],
    ['other.io', 'app', { username: 'o', password: 'p:q' }],
    ['nowhere.io', 'app', undefined],
  ])('for %s/%s', (registry, path, expected) => {
    expect(credentialFor(lists, { registry, path })).toEqual(expected);
  });

  test('may stand in the older form without auths', () => {
    expect(parseDockerConfig(JSON.stringify({ 'ghcr.io': auth('a:b') }))).toHaveLength(1);
  });

  test.each(['', '[]', '{"auths": 1}', config({ a: { auth: 'Y2FuYXJ5' } })])(
    'that are broken are told without a value: %s',
    (text) => {
      expect(() => parseDockerConfig(text)).toThrow(/^(?!.*canary)/);
    },
  );
});

describe('the tag for a range of versions', () => {
  const tags = ['1.0.0', 'v1.2.3', '1.2', '2.0.0-rc.1', '2.0.0', 'latest', '1.10.0', '1.10.0+b'];
  test.each([
    [{ semver: '1.x' }, /^1\.10\.0/],
    [{ semver: '>=1.0.0,<1.5.0' }, /^v1\.2\.3$/],
    [{ semver: '>= 2.0.x-0', semverFilter: 'rc' }, /^2\.0\.0-rc\.1$/],
    [{ semver: '*', semverFilter: '^v' }, /^v1\.2\.3$/],
  ])('%j', (ref, expected) => {
    expect(highestTag(tags, ref)).toMatch(expected);
  });

  test.each([
    [{ semver: '3.x' }, 'no tag is in the range'],
    [{ semver: 'x.y.z.w' }, 'no range of versions'],
    [{ semver: '*', semverFilter: '(' }, 'no regular expression'],
  ])('%j is an error', (ref, fault) => {
    expect(() => highestTag(tags, ref)).toThrow(fault);
  });

  test('is found in no time, whatever the filter', () => {
    const filter = { semver: '*', semverFilter: '^(a+)+$' };
    expect(() => highestTag([`${'a'.repeat(60)}!`], filter)).toThrow('no tag');
  });
});

test.each([
  ['Basic realm="x"', { scheme: 'basic', parameters: { realm: 'x' } }],
  [
    'Bearer realm="https://t/x?y=z",service="a b",scope="repository:a:pull,push"',
    {
      scheme: 'bearer',
      parameters: {
        realm: 'https://t/x?y=z',
        service: 'a b',
        scope: 'repository:a:pull,push',
      },
    },
  ],
  [
    'Basic realm="b", Bearer realm=https://t',
    { scheme: 'bearer', parameters: { realm: 'https://t' } },
  ],
  ['Negotiate', undefined],
  [undefined, undefined],
])('the challenge %j is read', (header, expected) => {
  expect(parseChallenge(header)).toEqual(expected);
});
