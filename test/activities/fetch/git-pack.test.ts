import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCommit } from '../../../activities/fetch/commit-tree.ts';
import { gitLimits } from '../../../activities/fetch/git-limits.ts';
import type { GitObjects } from '../../../activities/fetch/git-objects.ts';
import { receivePack } from '../../../activities/fetch/git-pack.ts';
import { commitOf, deltaOf, oidOf, packOf, treeOf, type Entry } from '../../support/packs.ts';

let directory: string;
let count = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-pack-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function receive(
  pack: Buffer,
  limits: Partial<typeof gitLimits> | Partial<Record<keyof typeof gitLimits, number>> = {},
): Promise<GitObjects> {
  async function* stream(): AsyncIterable<Buffer> {
    for (let at = 0; at < pack.length; at += 1000) {
      yield await Promise.resolve(pack.subarray(at, at + 1000));
    }
  }
  const path = join(directory, `${count++}.pack`);
  const { signal } = new AbortController();
  return receivePack(stream(), path, { signal, limits: { ...gitLimits, ...limits } });
}

const base = Buffer.from('0123456789'.repeat(20));

describe('a pack', () => {
  test('gives whole objects and deltas on entries, on hashes and on deltas', async () => {
    const first = deltaOf(200, 12, [[0, 10], Buffer.from('ab')]);
    const second = deltaOf(12, 4, [[10, 2], Buffer.from('cd')]);
    const byHash = deltaOf(4, 5, [[0, 4], Buffer.from('!')]);
    const objects = await receive(
      packOf([
        { delta: byHash, base: oidOf('blob', 'abcd') },
        { type: 'blob', content: base },
        { delta: first, base: 1 },
        { delta: second, base: 2 },
        { type: 'blob', content: '' },
      ]),
    );
    for (const content of [base, '0123456789ab', 'abcd', 'abcd!', '']) {
      const oid = oidOf('blob', content);
      expect(objects.size(oid)).toBe(content.length);
      expect(await objects.read(oid)).toEqual({ type: 'blob', content: Buffer.from(content) });
    }
    await expect(objects.read('0'.repeat(40))).rejects.toThrow('it lacks the object 000');
  });

  test('may be large in objects and in number', async () => {
    const big = Buffer.alloc(3_000_000, 'some text of a file\n');
    const small = Array.from({ length: 3000 }, (_, at) => `file ${at}`);
    const entries: Entry[] = [big, ...small].map((content) => ({ type: 'blob', content }));
    const objects = await receive(packOf(entries));
    for (const content of [big, ...small]) {
      expect(
        (await objects.read(oidOf('blob', content))).content.equals(Buffer.from(content)),
      ).toBe(true);
    }
  });

  const blob: Entry = { type: 'blob', content: base };
  test.each([
    ['another beginning', packOf([blob], { magic: 'JUNK' }), 'does not begin like one'],
    ['nothing in it at all', Buffer.alloc(0), 'does not begin'],
    ['fewer objects than it announces', packOf([blob], { count: 2 }), 'ends too early'],
    ['more than it announces', packOf([blob], { count: 0 }), 'unexpected place'],
    ['a million objects announced', packOf([blob], { count: 1_000_000 }), '500000 objects'],
    ['an object that is longer than told', packOf([blob], { size: 50 }), 'decompressed'],
    ['an object that is shorter than told', packOf([blob], { size: 500 }), 'shorter'],
    ['an object that is too large', packOf([blob], { size: 2 ** 31 }), 'are allowed'],
    [
      'a delta on a hash that is not there',
      packOf([{ delta: deltaOf(1, 1, []), base: oidOf('blob', 'x') }]),
      'no base',
    ],
    ['bytes after its end', Buffer.concat([packOf([blob]), Buffer.alloc(9)]), 'unexpected place'],
    ['an end in the middle', packOf([blob]).subarray(0, 30), 'broken'],
  ])('is refused with %s', async (_, pack, message) => {
    const failing = receive(pack);
    await expect(failing).rejects.toMatchObject({ type: 'GitOperationFailed' });
    await expect(failing).rejects.toThrow(message);
  });

  test.each([
    ['copies beyond its base', deltaOf(200, 300, [[0, 201]])],
    ['copies from far beyond', deltaOf(200, 10, [[0xffffffff, 10]])],
    ['makes more than it announces', deltaOf(200, 10, [[0, 11]])],
    ['makes less than it announces', deltaOf(200, 10, [[0, 9]])],
    ['is for a base of another size', deltaOf(100, 10, [[0, 10]])],
    ['has a reserved instruction', Buffer.concat([deltaOf(200, 10, [[0, 10]]), Buffer.from([0])])],
    ['is cut off', deltaOf(200, 10, [[0, 10]]).subarray(0, 6)],
    ['is empty', Buffer.alloc(0)],
    ['has a size without an end', Buffer.alloc(20, 0xff)],
  ])('is refused with a delta that %s', async (_, delta) => {
    await expect(receive(packOf([blob, { delta, base: 0 }]))).rejects.toThrow('broken delta');
  });

  test('is refused where deltas wait for each other', async () => {
    const [one, two] = [deltaOf(1, 1, [Buffer.from('a')]), deltaOf(1, 1, [Buffer.from('b')])];
    const circle: Entry[] = [
      { delta: one, base: oidOf('blob', 'b') },
      { delta: two, base: oidOf('blob', 'a') },
    ];
    await expect(receive(packOf(circle))).rejects.toThrow('no base');
  });

  test('is refused where few bytes unpack to many', async () => {
    const bomb: Entry[] = [{ type: 'blob', content: Buffer.alloc(1_000_000) }];
    for (let at = 0; at < 30; at++) {
      const copies = Array.from({ length: 8 }, (): [number, number] => [0, 1_000_000]);
      bomb.push({ delta: deltaOf(1_000_000, 8_000_000, copies), base: 0 });
    }
    const limits = { unpacked: 100_000_000 };
    await expect(receive(packOf(bomb), limits)).rejects.toThrow('when it is unpacked');
    await expect(receive(packOf(bomb), { object: 5_000_000 })).rejects.toThrow(
      '5000000 are allowed',
    );
  });

  test('is refused over its limits of bytes and of deltas on deltas', async () => {
    const chain: Entry[] = [{ type: 'blob', content: 'a' }];
    for (let at = 0; at < 50; at++) {
      chain.push({ delta: deltaOf(at + 1, at + 2, [[0, at + 1], Buffer.from('a')]), base: at });
    }
    await expect(receive(packOf(chain), { deltas: 50 })).resolves.toBeDefined();
    await expect(receive(packOf(chain), { deltas: 49 })).rejects.toThrow('chain of more than 49');
    await expect(receive(packOf(chain), { pack: 100 })).rejects.toThrow('more than 100 bytes');
  });
});

describe('a commit', () => {
  const blob = 'text';
  const oid = oidOf('blob', blob);

  async function read(
    trees: readonly Buffer[],
    limits: Partial<Record<'depth' | 'entries' | 'files', number>> = {},
  ): ReturnType<typeof readCommit> {
    const root = oidOf('tree', trees.at(-1) ?? '');
    const commit = commitOf(root);
    const objects = await receive(
      packOf([
        { type: 'commit', content: commit },
        { type: 'blob', content: blob },
        ...trees.map((content): Entry => ({ type: 'tree', content })),
      ]),
    );
    return readCommit(objects, oidOf('commit', commit), { ...gitLimits, ...limits });
  }

  test('gives files, links and submodules', async () => {
    const inner = treeOf([['100755', 'run', oid]]);
    const root = treeOf([
      ['100644', 'a', oid],
      ['40000', 'dir', oidOf('tree', inner)],
      ['120000', 'link', oid],
      ['160000', 'module', 'a'.repeat(40)],
    ]);
    const { subject, files, links, submodules } = await read([inner, root]);
    expect(subject).toBe('Subject');
    expect(files.map(({ path, executable }) => [path, executable])).toEqual([
      ['a', false],
      ['dir/run', true],
    ]);
    expect(links).toEqual(['link']);
    expect(submodules).toEqual([{ path: 'module', commit: 'a'.repeat(40) }]);
  });

  test.each([
    '..',
    '.',
    '',
    '.git',
    '.GIT',
    '.git.',
    '.git ',
    'git~1',
    '.g\u200cit',
    '.git::$INDEX_ALLOCATION',
    '../../etc/passwd',
    '/etc/passwd',
    'a/b',
    String.raw`a\b`,
  ])('is refused with the name %j', async (name) => {
    const failing = read([treeOf([['100644', name, oid]])]);
    await expect(failing).rejects.toMatchObject({ type: 'GitOperationFailed' });
    await expect(failing).rejects.toThrow(JSON.stringify(name));
  });

  test.each(['.gitignore', '.github', 'git', '...', '.gitmodules', '..a'])(
    'is taken with the name %s',
    async (name) => {
      expect((await read([treeOf([['100644', name, oid]])])).files).toHaveLength(1);
    },
  );

  test.each([
    [
      'a name twice',
      treeOf([
        ['100644', 'a', oid],
        ['40000', 'a', oid],
      ]),
      'is there twice',
    ],
    ['a mode that there is not', treeOf([['777777', 'a', oid]]), 'has a mode'],
    ['a cut-off tree', treeOf([['100644', 'a', oid]]).subarray(0, 20), 'is cut off'],
    ['a missing object', treeOf([['100644', 'a', 'b'.repeat(40)]]), 'lacks the object bbb'],
  ])('is refused with %s', async (_, tree, message) => {
    await expect(read([tree])).rejects.toThrow(message);
  });

  test('is refused where a few trees multiply to very many files', async () => {
    const trees = [treeOf(Array.from({ length: 10 }, (_, at) => ['100644', `f${at}`, oid]))];
    for (let level = 0; level < 10; level++) {
      const below = oidOf('tree', trees.at(-1) ?? '');
      trees.push(treeOf(Array.from({ length: 10 }, (_, at) => ['40000', `d${at}`, below])));
    }
    await expect(read(trees)).rejects.toThrow('more than 500000 files and directories');
  });

  test('is refused where it is too deep, or one file is in it too often', async () => {
    const trees = [treeOf([['100644', 'f', oid]])];
    for (let level = 0; level < 20; level++) {
      trees.push(treeOf([['40000', 'd', oidOf('tree', trees.at(-1) ?? '')]]));
    }
    await expect(read(trees, { depth: 20 })).rejects.toThrow('lies deeper than 20 directories');
    await expect(read(trees, { depth: 21 })).resolves.toBeDefined();
    const many = treeOf(Array.from({ length: 100 }, (_, at) => ['100644', `f${at}`, oid]));
    await expect(read([many], { files: 399 })).rejects.toThrow('files of more than 399 bytes');
  });

  test('is refused where it is none', async () => {
    const objects = await receive(packOf([{ type: 'blob', content: blob }]));
    await expect(readCommit(objects, oid)).rejects.toThrow('is no commit');
  });
});
