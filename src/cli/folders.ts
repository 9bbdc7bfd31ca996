// Where things lie below the working folder: data sets, trainings, and the model repository.
import { resolve } from 'node:path';
import { Option } from 'commander';

/** The flag of commands that make models. */
export const folderFlag = (): Option =>
  new Option('--folder <path>', 'Working folder for data, trainings and models').default('.galerkin');

/** The flag of commands that only read models. */
export const repositoryFlag = (): Option =>
  new Option('--repository <path>', 'Folder that holds the model packages').default('.galerkin/models');

export const repositoryIn = (folder: string): string => resolve(folder, 'models');
