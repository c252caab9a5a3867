import { expect, test } from 'vitest';
import { parseGitModules, submoduleUrl } from '../../../activities/fetch/git-modules.ts';

test('.gitmodules is read as Git reads its configuration', () => {
  const text = `# made by hand
[submodule "lib"]
\tpath = libs/lib/
\turl = https://host/lib.git ; a comment
[submodule "with \\"quotes\\""]
  PATH = "a dir/#1"
  url = "../x\\\\y.git"
  branch = main
[submodule "no url"]
  path = nowhere
[core]
  url = https://host/core.git
[submodule "twice"]
  path = first
  path = second
  url = https://host/\\
twice.git
`;
  expect(parseGitModules(text)).toEqual([
    { path: 'libs/lib', url: 'https://host/lib.git' },
    { path: 'a dir/#1', url: '../x\\y.git' },
    { path: 'second', url: 'https://host/twice.git' },
  ]);
});

test.each([
  ['https://other/x.git', 'https://other/x.git'],
  ['http://other:8080/x', 'http://other:8080/x'],
  ['https://ann:secret@other/x.git', 'https://other/x.git'],
  ['ssh://git:secret@other/x.git', 'ssh://git@other/x.git'],
  ['git@other:team/x.git', 'ssh://git@other/team/x.git'],
  ['./x.git', 'https://host/team/repo.git/x.git'],
  ['../x.git', 'https://host/team/x.git'],
  ['../../other/x.git', 'https://host/other/x.git'],
  ['../../../../../x.git', 'https://host/x.git'],
])('the url %s leads to %s', (url, expected) => {
  const found = submoduleUrl({ path: 'lib', url }, 'https://host/team/repo.git/');
  expect(found.href).toBe(expected);
});

test.each([
  'file:///etc/passwd',
  '/srv/git/x.git',
  '//evil/x.git',
  'ext::sh -c id',
  'git://host/x.git',
  '-oProxyCommand=id',
  'git@other::x',
  'other:x.git',
  'javascript:alert(1)//x',
  'ftp://host/x',
  'x.git',
  'a b:c',
])('the url %s is refused', (url) => {
  expect(() => submoduleUrl({ path: 'lib', url }, 'https://host/repo.git')).toThrow(
    /the url of submodule "lib" has .*: submodules come over http, https or ssh/,
  );
});
