// What a database promises, whichever engine it is: migrations, offices, time series. Run on both.
import { openSql, type SqlMigration, seriesTable } from 'galerkin/store';
import { expect, test } from 'vitest';
import { type FreshUrl, opener, rowsMigration } from './sql-conformance.js';

const table = (name: string, at: string, then?: () => void): SqlMigration => ({
  name: at,
  async up(database) {
    await database.schema.createTable(name).addColumn('id', 'text').execute();
    then?.();
  },
});

export function migrationsConform(fresh: FreshUrl): void {
  const open = opener();

  test('runs each migration once, in the order of names', async () => {
    const url = await fresh();
    const order: string[] = [];
    const [first, second, third] = ['1', '2', '3'].map(name => table(`t${name}`, name, () => void order.push(name)));
    await (await open(url, { migrations: [second, first] })).close();
    await (await open(url, { migrations: [third, second, first] })).close();
    await (await open(url, { migrations: [third, second, first] })).close();
    expect(order).toEqual(['1', '2', '3']);
  });

  test('a migration that fails leaves nothing behind, nor do those before it', async () => {
    const url = await fresh();
    const good = table('good', '1');
    const bad = table('bad', '2', () => {
      throw new Error('half way');
    });
    const failed = await open(url, { migrations: [good, bad] }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'DATABASE_FAILED', message: expect.stringContaining("'2': half way") });
    // Neither table is there, nor the note that its migration ran: both are made now.
    await open(url, { migrations: [good, table('bad', '2')] });
  });

  test('refuses a database that has had migrations which it does not know, and changes nothing', async () => {
    const url = await fresh();
    const [known, newer, mine] = [table('a', '1'), table('b', '2'), table('c', '3')];
    await (await open(url, { migrations: [known, newer] })).close();
    const refused = open(url, { migrations: [known, mine] });
    await expect(refused).rejects.toMatchObject({ code: 'DATABASE_NEWER', fields: { unknown: ['2'] } });
    await (await open(url, { migrations: [known, newer] })).close();
    await open(url, { migrations: [known, newer, mine] });
  });
}

export function officesConform(fresh: FreshUrl): void {
  const open = opener();

  test('gives an office to one holder; whoever takes it next has a later term', async () => {
    const url = await fresh();
    const database = await open(url);
    const first = await database.takeOffice('release');
    expect(first).toMatchObject({ term: 1 });
    expect(first?.isHeld()).toBe(true);
    expect(await database.takeOffice('release')).toBeUndefined();
    expect((await database.takeOffice('another'))?.term).toBe(1);
    await first?.resign();
    await first?.lost;
    expect(first?.isHeld()).toBe(false);
    const second = await database.takeOffice('release');
    expect(second?.term).toBe(2);
    // Whoever resigns twice takes nothing from who came after.
    await first?.resign();
    expect(second?.isHeld()).toBe(true);
    expect(await database.takeOffice('release')).toBeUndefined();
    await database.close();
    await second?.lost;
    expect(second?.isHeld()).toBe(false);
    expect((await (await open(url)).takeOffice('release'))?.term).toBe(3);
  });

  test('of ten that ask at once, one gets the office', async () => {
    const database = await open(await fresh());
    const asked = await Promise.all(Array.from({ length: 10 }, () => database.takeOffice("it's an 'office'")));
    expect(asked.filter(office => office !== undefined)).toHaveLength(1);
  });
}

export function seriesConform(fresh: FreshUrl): void {
  const points = seriesTable({
    name: 'points',
    columns: { release: 'text', count: 'integer', value: 'real' },
    by: ['release'],
    partitionMs: 1000,
  });
  const openSeries = async () => {
    const migrations = [rowsMigration, points.migration('2026-01-02-points')];
    const database = await open(await fresh(), { migrations });
    return { database, series: await points.in(database) };
  };
  const open = opener();
  const row = (atMs: number, release = 'a') => ({ at_ms: atMs, release, count: atMs, value: atMs / 3 });
  const times = (rows: readonly { readonly at_ms: number }[]) => rows.map(each => each.at_ms);

  test('reads back what was appended, by time and by column, in the order of time', async () => {
    const { series } = await openSeries();
    const rows = Array.from({ length: 250 }, (_, k) => row(100 * (249 - k), k % 2 === 0 ? 'even' : 'odd'));
    await series.append(rows);
    await series.append([]);
    expect(await series.read()).toEqual(rows.toReversed());
    expect(times(await series.read({ where: { release: 'odd' }, fromMs: 1000, toMs: 1401 }))).toEqual([
      1000, 1200, 1400,
    ]);
    expect(times(await series.read({ fromMs: 24_850 }))).toEqual([24_900]);
    expect(times(await series.read({ limit: 2 }))).toEqual([0, 100]);
    expect(await series.read({ where: { release: 'nobody' } })).toEqual([]);
  });

  test('forgets exactly what is older, and takes rows of that time again', async () => {
    const { series } = await openSeries();
    const all = Array.from({ length: 50 }, (_, k) => 100 * k);
    await series.append(all.map(atMs => row(atMs)));
    await series.dropBefore(2550);
    expect(times(await series.read())).toEqual(all.filter(atMs => atMs >= 2550));
    await series.append([row(70)]);
    expect(times(await series.read({ limit: 1 }))).toEqual([70]);
    await series.dropBefore(10_000);
    expect(await series.read()).toEqual([]);
  });

  test('rows of a transaction come and go with it', async () => {
    const { database, series } = await openSeries();
    const undone = database.transaction(async query => {
      await series.append([row(500), row(5000)], query);
      throw new Error('undo');
    });
    await expect(undone).rejects.toThrow('undo');
    expect(await series.read()).toEqual([]);
    await database.transaction(query => series.append([row(500), row(5000)], query));
    await series.append([row(501), row(5001)]);
    expect(times(await series.read())).toEqual([500, 501, 5000, 5001]);
  });

  test('takes all rows of a batch or none', async () => {
    const { series } = await openSeries();
    const bad = { ...row(2), value: Number.NaN };
    await expect(series.append([...Array.from({ length: 150 }, () => row(1)), bad])).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
    });
    for (const atMs of [-1, 0.5, Number.NaN, 2 ** 53])
      await expect(series.append([row(1), row(atMs)])).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    expect(await series.read()).toEqual([]);
  });

  test('refuses values of another type than their column, whichever engine it is', async () => {
    const { series } = await openSeries();
    for (const text of ['{"count":1.5}', '{"count":"1"}', '{"value":"x"}', '{"release":1}', '{"release":null}'])
      await expect(series.append([{ ...row(1), ...JSON.parse(text) }])).rejects.toMatchObject({
        code: 'OPTIONS_INVALID',
      });
    for (const text of ['null', '[null]', '[{}]', '{}'])
      await expect(series.append(JSON.parse(text))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    expect(await series.read()).toEqual([]);
  });

  test('takes times between two milliseconds, and windows without end; refuses limits that are none', async () => {
    const { series } = await openSeries();
    await series.append([row(1), row(2), row(3)]);
    expect(times(await series.read({ fromMs: 1.5, toMs: 2.5 }))).toEqual([2]);
    const { POSITIVE_INFINITY: never, NEGATIVE_INFINITY: ever } = Number;
    expect(times(await series.read({ fromMs: ever, toMs: never }))).toEqual([1, 2, 3]);
    for (const limit of [-1, 1.5, Number.NaN])
      await expect(series.read({ limit })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    await expect(series.dropBefore(Number.NaN)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    await series.dropBefore(1.5);
    expect(times(await series.read())).toEqual([2, 3]);
  });

  test('refuses names that are none', () => {
    const columns = { a: 'text' } as const;
    for (const name of ['', 'A', 'a b', 'x"; drop table y', '1a', 'a'.repeat(41)])
      expect(() => seriesTable({ name, columns })).toThrowError(/OPTIONS_INVALID|wanted/);
    expect(() => seriesTable({ name: 'a', columns: { at_ms: 'integer' } })).toThrowError(/'at_ms'/);
    expect(() => seriesTable({ name: 'a', columns, partitionMs: 0 })).toThrowError(/partitionMs/);
    for (const text of ['{}', '{"a":"blob"}', '{"a":"constructor"}'])
      expect(() => seriesTable({ name: 'a', columns: JSON.parse(text) })).toThrowError(/OPTIONS_INVALID|wanted/);
  });
}

/** The same options are refused for either engine. */
export function doorConforms(fresh: FreshUrl): void {
  test('refuses options that make no sense, all at once', async () => {
    const given = { url: await fresh(), migrations: [], poolSize: 0, waitMs: -1 };
    await expect(openSql(given)).rejects.toMatchObject({ code: 'OPTIONS_INVALID', fields: { faults: { length: 2 } } });
    const url = await fresh();
    for (const text of ['{}', '{"migrations":null}', '{"migrations":"x"}', '{"migrations":[null]}'])
      await expect(openSql({ url, ...JSON.parse(text) })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    for (const text of ['{}', '{"it":null}'])
      await expect(openSql(JSON.parse(text).it)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    const twice = { name: 'a', up: async () => undefined };
    await expect(openSql({ url, migrations: [twice, twice] })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });
}
