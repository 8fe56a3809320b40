/** @file FLAC files as libFLAC writes them (through libsndfile 1.2), of whole numbers that a formula gives. */

/** Whole numbers in the files below. */
export function signal(count: number, bits: number, channels: number): number[][] {
  let state = 1n;
  const found: number[][] = Array.from({ length: channels }, () => []);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < channels; c++) {
      state = (state * 1103515245n + 12345n) & 0x7fffffffn;
      const wave = Math.floor(2 ** (bits - 2) * Math.sin((2 * Math.PI * (i * (c + 1))) / 64 + c));
      found[c]!.push(wave + (Number(state >> 16n) % 7) - 3);
    }
  }
  return found;
}

/** 300 samples of one channel of 16 bits, in base64. */
export const mono16 =
  "ZkxhQ4AAACIQABAAAADzAADzA+gA8AAAASx+eLmY9QrzLuCVTcrai6Yk//h1CAABKzMWAAAGRgx+AQ3MTfoPpCsWYqzpeHI+Y6OJnDGwhh4QSaFJhSoxAgwp" +
  "Ilkh+lVCelftwdJrqpiaKI/EiVf+qdt8+wXtHrS6S2RBEauQORGHFmnhDRxxApppZJTaWs8qnWxuh2DZNEmTVbZPk6CaJG53hH9lZ8TUtzWmkDFxhagWgMWI" +
  "DVGhZEcUuQwphMsRS2vJ+eRH/T6aZld8v8R2mRbV3VVXH9bWupyhJixLQQgWKeGMC0jTDRKBa5bJJtjdk5L9qZuqb26TdN4CqqKptFUjo3L+n9SuQxsQySaw" +
  "NVGrGD1Q1hAcuLSNRHNz";
/** 120 samples of two channels of 24 bits, in base64. */
export const stereo24 =
  "ZkxhQ4AAACIQABAAAAF1AAF1A+gDcAAAAHj7e48mEvQpaZ6TX8TpH+s8//hlHAB3vhgAAAAGResMfF8SlAQGa6tTCuS6L/EPJSUIrBeSvGBMYYAw5eS2l3Ke" +
  "UojJLnpdBzl3Y5Nk3QbLs74Td/O9L8aOUdqXVGulbay2urBY2wVdas1YqxRain+Yalg/ygerhtJyli/SWK04T5EYLMXI6BpBCj9H8PsJQfQ9RsDpF6LIRZ6m" +
  "2ZT0IBtpNBqvX0v9rDte9JHSwmXL2IqZ0S8/J9RJTxnhPWZdGNdqqO5C/PvzbP/1I5Z6tpiB3J8OoFNMvYkiybZNsmaQHcpXtSd3vSuQmNPxK8NUPhEcieBO" +
  "Yl0QUc2XaS82FXCSOXfSrStHvRkryXZPMleQlcZX1Sh2vUGNGUvzK5NSPWEsCTxSQlo/c7QuAl1uCn0a8ioAqWtvvTkdyapQcli/e6ivKkPveqcqMOIMKYNk" +
  "PuERCjBMImwQMceYURs4xSaL+XfsqttdvfkTyjZMcl+QJc1XfSx3DS2M2XvqKsNwPIEiieAPGw==";
