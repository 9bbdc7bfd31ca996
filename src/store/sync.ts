// Pushing names and contents to the disk itself, so that they survive a loss of power and not only of the process.
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes renames and removals in `folder` durable. Windows cannot open a folder for this, and needs it not. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder durable with all that is in it. */
export async function syncTree(folder: string): Promise<void> {
  for (const item of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, item.name);
    if (item.isDirectory()) await syncTree(path);
    else if (item.isFile()) await syncFile(path);
  }
  await syncFolder(folder);
}
