import type { PackageView } from '#contracts/http/packages.ts';
import { type AskField, AskProblem, readField } from '../../components/desk/ask.ts';
import { readBaht, writeBaht } from '../../components/desk/form.ts';
import { d } from '../../i18n/desk.ts';

/** The fields of a package in a dialog, filled from an existing one. */
export function packageFields(item?: PackageView): AskField[] {
  const texts = d().packages;
  return [
    {
      name: 'kind',
      label: texts.kind,
      kind: 'select',
      value: item?.kind ?? 'bundle',
      options: (['single', 'bundle', 'unlimited'] as const).map((value) => ({ value, label: texts.kinds[value] })),
    },
    { name: 'nameTh', label: texts.nameTh, value: item?.nameTh, required: true, maxlength: 120 },
    { name: 'nameEn', label: texts.nameEn, value: item?.nameEn, required: true, maxlength: 120 },
    {
      name: 'photoCount',
      label: texts.count,
      inputmode: 'numeric',
      value: item?.kind === 'bundle' ? String(item.photoCount ?? '') : '',
      hint: texts.countHint,
    },
    {
      name: 'price',
      fills: ['priceSatang'],
      label: texts.price,
      inputmode: 'decimal',
      value: item ? writeBaht(item.listPriceSatang) : '',
      required: true,
    },
  ];
}

/** Throws AskProblem at the field that cannot be. */
export function readPackage(values: Record<string, string>): {
  kind: PackageView['kind'];
  nameTh: string;
  nameEn: string;
  photoCount: number | null;
  priceSatang: number;
} {
  const kind = values.kind as PackageView['kind'];
  const count = Number(values.photoCount);
  if (kind === 'bundle' && !(Number.isInteger(count) && count >= 2))
    throw new AskProblem(d().packages.countHint, 'photoCount');
  return {
    kind,
    nameTh: values.nameTh ?? '',
    nameEn: values.nameEn ?? '',
    photoCount: kind === 'unlimited' ? null : kind === 'single' ? 1 : count,
    priceSatang: readField('price', d().common.amountInvalid, () => readBaht(values.price ?? '')),
  };
}
