import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expand } from '../../../activities/render/substitution/expression.ts';

const values: Record<string, string> = {
  v: 'value',
  empty: '',
  path: '/usr/local/bin/app.tar.gz',
  n: '2',
  file: 'bash.string.txt',
  aaa: 'aaa',
  umlauts: 'ünï',
  stars: 'a*b?c[d]',
  A_1: 'x',
  slashes: 'x/y',
  x: 'v',
  nested: '${v}',
};

const lookup = (name: string): string | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

describe('expressions give what they give in Flux', () => {
  test.each([
    // plain values and escapes
    ['${v}', 'value'],
    ['a ${v} b ${n}', 'a value b 2'],
    ['${empty}', ''],
    ['${nested}', '${v}'],
    ['$v $(v) $ {v} $', '$v $(v) $ {v} $'],
    ['$$', '$'],
    ['$$$', '$$'],
    ['$$$$', '$$'],
    ['$$foo', '$foo'],
    ['$${v}', '${v}'],
    ['$$${v}', '$value'],
    ['$$$${v}', '$${v}'],
    ['\\${v}', '\\value'],
    // defaults
    ['${m:-d}', 'd'],
    ['${m:=d}', 'd'],
    ['${m=d}', 'd'],
    ['${empty:-d}', 'd'],
    ['${empty=d}', 'd'],
    ['${v:-d}', 'value'],
    ['${m:?d}', 'd'],
    ['${v:?d}', 'value'],
    ['${m:+d}', 'd'],
    ['${v:+d}', 'value'],
    ['${m:-}', ''],
    ['${m:- d }', ' d '],
    ['${m:-http://x.y:80/z}', 'http://x.y:80/z'],
    ['${m:-{}}', '{}'],
    ['${m:-a}b}', 'ab}'],
    ['${m:-${v}}', 'value'],
    ['${m:-a${v}b${n}c}', 'avalueb2c'],
    ['${m:-${k:-${empty:-${v}}}}', 'value'],
    ['${m:-$$x}', '$$x'],
    ['${m:-$${v}}', '$value'],
    ['${m:-a$b}', 'a$b'],
    // length and case
    ['${#v}', '5'],
    ['${#m}', '0'],
    ['${#umlauts}', '5'],
    ['${v^}', 'Value'],
    ['${v^^}', 'VALUE'],
    ['${A_1,}', 'x'],
    ['${A_1,,}', 'x'],
    ['${umlauts^^}', 'ÜNÏ'],
    // substrings
    ['${v:1}', 'alue'],
    ['${v:1:2}', 'al'],
    ['${v:0:100}', 'value'],
    ['${v:9}', ''],
    ['${v:1:0}', ''],
    ['${v:${n}}', 'lue'],
    ['${v:${n}:1}', 'l'],
    ['${v: -1}', 'value'],
    ['${v:x}', 'value'],
    ['${v:1:1:1}', 'value'],
    ['${v:99999999999999999999}', 'value'],
    // patterns
    ['${path#*/}', 'usr/local/bin/app.tar.gz'],
    ['${path##*/}', 'app.tar.gz'],
    ['${path%.*}', '/usr/local/bin/app.tar'],
    ['${path%%.*}', '/usr/local/bin/app'],
    ['${path%/*}', '/usr/local/bin'],
    ['${path#/usr}', '/local/bin/app.tar.gz'],
    ['${file#[a-c]}', 'ash.string.txt'],
    ['${file#[^b]}', 'bash.string.txt'],
    ['${file#?}', 'ash.string.txt'],
    ['${file%???}', 'bash.string.'],
    ['${file#*}', 'ash.string.txt'],
    ['${file##*}', ''],
    ['${file%*}', 'bash.string.tx'],
    ['${file%%s*t}', 'ba'],
    ['${file##b*s}', 'tring.txt'],
    ['${file#*[}', 'bash.string.txt'],
    ['${aaa%%a*}', ''],
    ['${aaa#*a}', 'aa'],
    ['${stars#a\\*}', 'b?c[d]'],
    ['${v#${x}}', 'alue'],
    // replacements
    ['${aaa/a/b}', 'baa'],
    ['${aaa//a/b}', 'bbb'],
    ['${aaa/#a/b}', 'baa'],
    ['${aaa/%a/b}', 'aab'],
    ['${aaa//a/}', ''],
    ['${v/${x}/z}', 'zalue'],
    ['${v//l/z/y}', 'vaz/yue'],
    ['${v//?/z}', 'value'],
    ['${slashes/\\//-}', 'x-y'],
    ['${aaa//a/$&}', '$&$&$&'],
  ])('%s is %s', (text, expected) => {
    expect(expand(text, lookup)).toBe(expected);
  });
});

describe('an expression at fault says which', () => {
  test.each([
    ['${m}', 'variable not set (strict mode): "m"'],
    ['${v:-${m}}', 'variable not set (strict mode): "m"'],
    ['${m^^}', 'variable not set (strict mode): "m"'],
    ['${v-d}', 'missing closing brace after "${v"'],
    ['${v+d}', 'missing closing brace'],
    ['${x.y}', 'missing closing brace after "${x"'],
    ['${v }', 'missing closing brace'],
    ['${ v }', 'unable to parse variable name'],
    ['${}', 'unable to parse variable name'],
    ['${!v}', 'unable to parse variable name'],
    ['${', 'unable to parse variable name'],
    ['${v', 'missing closing brace'],
    ['${m:-${v}', 'not closed'],
    ['${v:}', 'lacks an argument'],
    ['${v::2}', 'lacks an argument'],
    ['${v%%}', 'lacks an argument'],
    ['${v//}', 'lacks an argument'],
    ['${aaa/#/x}', 'lacks an argument'],
    ['${aaa/a}', 'bad substitution'],
    ['${v^^x}', 'bad substitution'],
    ['${#v:1}', 'bad substitution'],
    ['${v:1:-1}', 'negative length'],
    ['${__proto__}', 'variable not set'],
    ['${m:-'.repeat(60) + '}'.repeat(60), 'nested too deeply'],
  ])('%s', (text, fault) => {
    expect(() => expand(text, lookup)).toThrow(fault);
  });

  test('no value is told', () => {
    expect(() => expand('${v:1:-1}', lookup)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('value') as string }),
    );
  });
});

describe('whatever the text', () => {
  const pieces = fc.constantFrom(
    ...['${', '}', '$', '$$', ':', '-', '=', '?', '+', '/', '#', '%', '^', ',', '*', '[', ']'],
    ...['\\', 'v', 'empty', 'path', 'aaa', 'm', '1', '2', ' ', '\n', 'ü', '😀', '{', '.'],
  );
  const texts = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));

  test('it is expanded, or refused with a message', () => {
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expect(typeof expand(text, lookup)).toBe('string');
        } catch (error) {
          expect(error).toMatchObject({ name: 'SubstitutionError' });
        }
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 5000) },
    );
  });

  test('a text in which every dollar is doubled comes out as it was', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(expand(text.replaceAll('$', '$$$$'), lookup)).toBe(text);
      }),
    );
  });

  test('a pattern that would take a backtracking matcher for ever is matched', () => {
    const long = 'a'.repeat(20_000);
    expect(expand(`\${long##${'*a'.repeat(30)}b}`, () => long)).toBe(long);
  });
});
