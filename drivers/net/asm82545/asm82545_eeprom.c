/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>

#include "asm82545.h"
#include "asm82545_log.h"

/*
 * §13.4.4: write the address with START, poll DONE.
 * INTERPRET-MISSING §13.4.4: no limit is given; 0.1 s is ample for the 16 bits
 * of a serial EEPROM.
 */
#define EERD_POLL_US     5
#define EERD_POLLS       20000

int
asm82545_eeprom_read(const struct asm82545_hw *hw, uint8_t word, uint16_t *val)
{
	uint32_t eerd;
	int i;

	asm82545_wr32(hw, ASM82545_EERD,
		(uint32_t)word << ASM82545_EERD_ADDR_S | ASM82545_EERD_START);
	for (i = 0; i < EERD_POLLS; i++) {
		eerd = asm82545_rd32(hw, ASM82545_EERD);
		if (eerd & ASM82545_EERD_DONE) {
			*val = eerd >> ASM82545_EERD_DATA_S;
			return asm82545_hw_removed(hw) ? -ENODEV : 0;
		}
		rte_delay_us(EERD_POLL_US);
	}
	return -ETIMEDOUT;
}

/*
 * The address in words 0 to 2, low byte first (§5.6.1). -EILSEQ: the words do
 * not sum up to BABAh (§5.6.35), or it is no station address.
 */
int
asm82545_eeprom_mac(const struct asm82545_hw *hw, struct rte_ether_addr *mac)
{
	uint16_t sum = 0, val;
	uint8_t word;
	int ret;

	for (word = 0; word < ASM82545_EEPROM_WORDS; word++) {
		ret = asm82545_eeprom_read(hw, word, &val);
		if (ret != 0)
			return ret;
		sum += val;
		if (word < RTE_ETHER_ADDR_LEN / 2) {
			mac->addr_bytes[2 * word] = val & 0xFF;
			mac->addr_bytes[2 * word + 1] = val >> 8;
		}
	}
	if (sum != ASM82545_EEPROM_SUM || !rte_is_valid_assigned_ether_addr(mac))
		return -EILSEQ;
	return 0;
}

/*
 * §13.4.3: the Microwire bus by hand, for writing. Half a clock is 50 us, far
 * slower than any part needs.
 */
#define EECD_HALF_CLOCK_US  50
#define EECD_GRANT_POLLS    1000
/* A write takes up to 10 ms in the parts' data sheets. */
#define WRITE_POLL_US       50
#define WRITE_POLLS         400

#define MICROWIRE_OP_BITS   3
#define MICROWIRE_EWDS_EWEN 0x4 /* 100b, the address says which */
#define MICROWIRE_WRITE     0x5 /* 101b */

static void
eecd_set(const struct asm82545_hw *hw, uint32_t *eecd, uint32_t clear, uint32_t set)
{
	*eecd = (*eecd & ~clear) | set;
	asm82545_wr32(hw, ASM82545_EECD, *eecd);
	asm82545_flush(hw);
	rte_delay_us(EECD_HALF_CLOCK_US);
}

/* Most significant bit first; the part takes each with the rising clock. */
static void
eecd_shift_out(const struct asm82545_hw *hw, uint32_t *eecd, uint32_t val, int bits)
{
	while (bits-- > 0) {
		eecd_set(hw, eecd, ASM82545_EECD_DI,
			val >> bits & 1 ? ASM82545_EECD_DI : 0);
		eecd_set(hw, eecd, 0, ASM82545_EECD_SK);
		eecd_set(hw, eecd, ASM82545_EECD_SK, 0);
	}
}

static int
eecd_address_bits(uint32_t eecd)
{
	return eecd & ASM82545_EECD_SIZE ? 8 : 6;
}

/* One command, with CS around it. */
static void
eecd_command(const struct asm82545_hw *hw, uint32_t *eecd, uint32_t op, uint32_t address)
{
	eecd_set(hw, eecd, ASM82545_EECD_SK | ASM82545_EECD_DI, ASM82545_EECD_CS);
	eecd_shift_out(hw, eecd, op, MICROWIRE_OP_BITS);
	eecd_shift_out(hw, eecd, address, eecd_address_bits(*eecd));
}

static void
eecd_deselect(const struct asm82545_hw *hw, uint32_t *eecd)
{
	eecd_set(hw, eecd, ASM82545_EECD_CS | ASM82545_EECD_DI, 0);
}

/* The part holds its data line low while it writes. */
static int
eecd_write_word(const struct asm82545_hw *hw, uint32_t *eecd, uint8_t word, uint16_t val)
{
	int i, ret = -ETIMEDOUT;

	eecd_command(hw, eecd, MICROWIRE_WRITE, word);
	eecd_shift_out(hw, eecd, val, 16);
	eecd_deselect(hw, eecd);
	eecd_set(hw, eecd, 0, ASM82545_EECD_CS);
	for (i = 0; i < WRITE_POLLS; i++) {
		if (asm82545_rd32(hw, ASM82545_EECD) & ASM82545_EECD_DO) {
			ret = 0;
			break;
		}
		rte_delay_us(WRITE_POLL_US);
	}
	eecd_deselect(hw, eecd);
	return ret;
}

/* §13.4.3: REQ asks for the bus, which EERD otherwise uses; GNT gives it. */
static int
eecd_acquire(const struct asm82545_hw *hw, uint32_t *eecd)
{
	int i;

	*eecd = asm82545_rd32(hw, ASM82545_EECD) &
		~(ASM82545_EECD_SK | ASM82545_EECD_CS | ASM82545_EECD_DI);
	eecd_set(hw, eecd, 0, ASM82545_EECD_REQ);
	for (i = 0; i < EECD_GRANT_POLLS; i++) {
		if (asm82545_rd32(hw, ASM82545_EECD) & ASM82545_EECD_GNT)
			return 0;
		rte_delay_us(WRITE_POLL_US);
	}
	eecd_set(hw, eecd, ASM82545_EECD_REQ, 0);
	return -EBUSY;
}

/* Write what differs of *image*, the whole EEPROM's 64 words. */
static int
eeprom_burn(const struct asm82545_hw *hw, const uint16_t *image, const uint16_t *old)
{
	uint32_t eecd, enable, word;
	int ret = eecd_acquire(hw, &eecd);

	if (ret != 0)
		return ret;
	/* EWEN and EWDS differ in the address's two highest bits. */
	enable = 3u << (eecd_address_bits(eecd) - 2);
	eecd_command(hw, &eecd, MICROWIRE_EWDS_EWEN, enable);
	eecd_deselect(hw, &eecd);
	for (word = 0; ret == 0 && word < ASM82545_EEPROM_WORDS; word++)
		if (image[word] != old[word])
			ret = eecd_write_word(hw, &eecd, word, image[word]);
	eecd_command(hw, &eecd, MICROWIRE_EWDS_EWEN, 0);
	eecd_deselect(hw, &eecd);
	eecd_set(hw, &eecd, ASM82545_EECD_REQ, 0);
	return ret;
}

static int
eeprom_read_all(const struct asm82545_hw *hw, uint16_t *image)
{
	int ret = 0;
	uint32_t i;

	for (i = 0; ret == 0 && i < ASM82545_EEPROM_WORDS; i++)
		ret = asm82545_eeprom_read(hw, i, &image[i]);
	return ret;
}

/*
 * Write *nb* words from *first* on, and the checksum (§5.6.35). What was
 * written is read back: -EIO where it is not there, as in emulators, whose
 * EEPROM cannot be written.
 */
int
asm82545_eeprom_write(const struct asm82545_hw *hw, uint8_t first, const uint16_t *data,
		uint8_t nb)
{
	uint16_t old[ASM82545_EEPROM_WORDS], image[ASM82545_EEPROM_WORDS];
	uint16_t sum = 0;
	uint32_t i;
	int ret = eeprom_read_all(hw, old);

	if (ret != 0)
		return ret;
	memcpy(image, old, sizeof(image));
	memcpy(&image[first], data, nb * sizeof(data[0]));
	for (i = 0; i < ASM82545_EEPROM_WORDS - 1; i++)
		sum += image[i];
	image[ASM82545_EEPROM_WORDS - 1] = ASM82545_EEPROM_SUM - sum;
	ret = eeprom_burn(hw, image, old);
	if (ret == 0)
		ret = eeprom_read_all(hw, old);
	if (ret == 0 && memcmp(image, old, sizeof(image)) != 0)
		ret = -EIO;
	if (ret != 0)
		ASM82545_LOG(ERR, "the EEPROM was not written (%d)", ret);
	return ret;
}
