import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { advertisedUrl, databasePlace, replicaName } from '../../dist/cli/control/options.js';

describe('where a server keeps its releases', () => {
  test.each([
    ['.galerkin/models', '.galerkin/control.db'],
    ['/srv/models/', '/srv/control.db'],
    ['/srv/north', '/srv/north.control.db'],
    ['/srv/south', '/srv/south.control.db'],
    ['s3://http://127.0.0.1:9000/bucket/models', '.galerkin/control.db'],
  ])('is, for %s, %s unless it is said', (repository, file) => {
    expect(databasePlace('auto', repository)).toEqual({ url: resolve(file), isUsual: true, isShared: false });
  });

  test('is what was said, and nowhere if that is empty', () => {
    expect(databasePlace('sqlite:/tmp/x.db', 'm')).toEqual({
      url: 'sqlite:/tmp/x.db',
      isUsual: false,
      isShared: false,
    });
    expect(databasePlace('postgresql://u@h/d', 'm')).toMatchObject({ isShared: true });
    expect(databasePlace(' ', 'm')).toBeUndefined();
  });
});

describe('who a server is', () => {
  const alone = { url: 'x.db', isUsual: true, isShared: false };
  const shared = { url: 'postgres://h/d', isUsual: false, isShared: true };
  test('does not depend on its port when it is alone, and does in a fleet', () => {
    expect(replicaName('', 8000, alone)).toBe(replicaName('', 9000, alone));
    expect(replicaName('', 8000, shared)).toBe(`${hostname()}-8000`);
    expect(replicaName('', 0, shared)).toBe(`${hostname()}-${process.pid}`);
    expect(replicaName('north', 8000, shared)).toBe('north');
  });

  test('is told to others by an address that leads to it', () => {
    const at = (host: string) => ({ host, port: 8000, url: `http://${host}:8000` });
    expect(advertisedUrl('', at('127.0.0.1'))).toBe('http://127.0.0.1:8000');
    expect(advertisedUrl('', at('0.0.0.0'))).toBe(`http://${hostname()}:8000`);
    expect(advertisedUrl('https://a.example', at('0.0.0.0'))).toBe('https://a.example');
  });
});
