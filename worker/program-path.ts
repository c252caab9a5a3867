import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

/**
 * The absolute path of a program: children get an environment without a PATH and a directory of a tenant to work in, so that a name has
 * to be looked up before. A name that is found nowhere comes back as it is, and whoever runs it tells.
 */
export async function programPath(name: string, path: string): Promise<string> {
  if (name.includes('/')) return resolve(name);
  for (const folder of path.split(delimiter).filter((part) => part !== '')) {
    const file = resolve(join(folder, name));
    if (await isProgram(file)) return file;
  }
  return name;
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
