// SPDX-License-Identifier: Apache-2.0
// What is selected of a picture: one byte a pixel, 255 is selected.

export class Mask {
  /**
   * @param {number} width
   * @param {number} height
   */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.data = new Uint8Array(width * height);
  }
}
