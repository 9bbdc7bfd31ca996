// Where things lie below the working folder: data sets, trainings, and the model repository.
import { resolve } from 'node:path';
import { Option } from 'commander';

/** The flag that all commands share which read or write models. */
export const folderFlag = (): Option =>
  new Option('--folder <path>', 'Working folder for data, trainings and models (default ".galerkin")').default('.galerkin');

export const repositoryIn = (folder: string): string => resolve(folder, 'models');
