/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef ASM82545_REGS_H
#define ASM82545_REGS_H

/*
 * Registers of the 82545EM and 82545GM that the driver uses. "§" is a section
 * of the PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
 * Manual, 317453006EN revision 4.0. Offsets are in bytes from BAR 0.
 */

#include <rte_bitops.h>

enum asm82545_reg {
	/* §13.4.1-16 General */
	ASM82545_CTRL     = 0x00000, /* §13.4.1 Device Control */
	ASM82545_CTRL_DUP = 0x00004, /* INTERPRET-MISSING: alias of CTRL, see datasheet_notes */
	ASM82545_STATUS   = 0x00008, /* §13.4.2 Device Status */
	ASM82545_EECD     = 0x00010, /* §13.4.3 EEPROM/Flash Control and Data */
	ASM82545_EERD     = 0x00014, /* §13.4.4 EEPROM Read */
	ASM82545_CTRL_EXT = 0x00018, /* §13.4.6 Extended Device Control */
	ASM82545_MDIC     = 0x00020, /* §13.4.7 MDI Control */
	ASM82545_FCAL     = 0x00028, /* §13.4.8 Flow Control Address Low */
	ASM82545_FCAH     = 0x0002C, /* §13.4.9 Flow Control Address High */
	ASM82545_FCT      = 0x00030, /* §13.4.10 Flow Control Type */
	ASM82545_VET      = 0x00038, /* §13.4.11 VLAN EtherType */
	ASM82545_FCTTV    = 0x00170, /* §13.4.12 Flow Control Transmit Timer Value */
	ASM82545_TXCW     = 0x00178, /* §13.4.13 Transmit Configuration Word */
	ASM82545_RXCW     = 0x00180, /* §13.4.14 Receive Configuration Word */
	ASM82545_LEDCTL   = 0x00E00, /* §13.4.15 LED Control */
	ASM82545_PBA      = 0x01000, /* §13.4.16 Packet Buffer Allocation */

	/* §13.4.17-21 Interrupt */
	ASM82545_ICR      = 0x000C0, /* §13.4.17 Interrupt Cause Read */
	ASM82545_ITR      = 0x000C4, /* §13.4.18 Interrupt Throttling */
	ASM82545_ICS      = 0x000C8, /* §13.4.19 Interrupt Cause Set */
	ASM82545_IMS      = 0x000D0, /* §13.4.20 Interrupt Mask Set/Read */
	ASM82545_IMC      = 0x000D8, /* §13.4.21 Interrupt Mask Clear */

	/* §13.4.22-32 Receive */
	ASM82545_RCTL     = 0x00100, /* §13.4.22 Receive Control */
	ASM82545_FCRTL    = 0x02160, /* §13.4.23 Flow Control Receive Threshold Low */
	ASM82545_FCRTH    = 0x02168, /* §13.4.24 Flow Control Receive Threshold High */
	ASM82545_RDBAL    = 0x02800, /* §13.4.25 Receive Descriptor Base Address Low */
	ASM82545_RDBAH    = 0x02804, /* §13.4.26 Receive Descriptor Base Address High */
	ASM82545_RDLEN    = 0x02808, /* §13.4.27 Receive Descriptor Length */
	ASM82545_RDH      = 0x02810, /* §13.4.28 Receive Descriptor Head */
	ASM82545_RDT      = 0x02818, /* §13.4.29 Receive Descriptor Tail */
	ASM82545_RDTR     = 0x02820, /* §13.4.30 Receive Delay Timer */
	ASM82545_RXDCTL   = 0x02828, /* §13.4.46 Receive Descriptor Control */
	ASM82545_RADV     = 0x0282C, /* §13.4.31 Receive Interrupt Absolute Delay Timer */
	ASM82545_RSRPD    = 0x02C00, /* §13.4.32 Receive Small Packet Detect */
	ASM82545_RXCSUM   = 0x05000, /* §13.4.47 Receive Checksum Control */
	ASM82545_MTA      = 0x05200, /* §13.5.1 Multicast Table Array, 128 words */
	ASM82545_RAL      = 0x05400, /* §13.5.2 Receive Address Low, 16, 8 bytes apart */
	ASM82545_RAH      = 0x05404, /* §13.5.3 Receive Address High */
	ASM82545_VFTA     = 0x05600, /* §13.5.4 VLAN Filter Table Array, 128 words */

	/* §13.4.33-45 Transmit */
	ASM82545_TCTL     = 0x00400, /* §13.4.33 Transmit Control */
	ASM82545_TIPG     = 0x00410, /* §13.4.34 Transmit Inter Packet Gap */
	ASM82545_AIFS     = 0x00458, /* §13.4.35 Adaptive IFS Throttle */
	ASM82545_TDBAL    = 0x03800, /* §13.4.36 Transmit Descriptor Base Address Low */
	ASM82545_TDBAH    = 0x03804, /* §13.4.37 Transmit Descriptor Base Address High */
	ASM82545_TDLEN    = 0x03808, /* §13.4.38 Transmit Descriptor Length */
	ASM82545_TDH      = 0x03810, /* §13.4.39 Transmit Descriptor Head */
	ASM82545_TDT      = 0x03818, /* §13.4.40 Transmit Descriptor Tail */
	ASM82545_TIDV     = 0x03820, /* §13.4.41 Transmit Interrupt Delay Value */
	ASM82545_TXDCTL   = 0x03828, /* §13.4.43 Transmit Descriptor Control */
	/* INTERPRET-TYPO §13.3: the summary says 282Ch, which is RADV. */
	ASM82545_TADV     = 0x0382C, /* §13.4.44 Transmit Absolute Interrupt Delay Value */
	ASM82545_TSPMT    = 0x03830, /* §13.4.45 TCP Segmentation Pad and Minimum Threshold */

	/* §13.6 Wake-up and management */
	ASM82545_WUC      = 0x05800, /* §13.6.1 Wake Up Control */
	ASM82545_WUFC     = 0x05808, /* §13.6.2 Wake Up Filter Control */
	ASM82545_MANC     = 0x05820, /* INTERPRET-MISSING: Management Control */
};

/* §13.4.1 CTRL */
#define ASM82545_CTRL_FD         RTE_BIT32(0)  /* Full Duplex */
#define ASM82545_CTRL_LRST       RTE_BIT32(3)  /* Link Reset */
#define ASM82545_CTRL_ASDE       RTE_BIT32(5)  /* Auto-Speed Detection Enable */
#define ASM82545_CTRL_SLU        RTE_BIT32(6)  /* Set Link Up */
#define ASM82545_CTRL_ILOS       RTE_BIT32(7)  /* Invert Loss-of-Signal */
#define ASM82545_CTRL_SPEED_M    (RTE_BIT32(8) | RTE_BIT32(9))
#define ASM82545_CTRL_SPEED_100  RTE_BIT32(8)
#define ASM82545_CTRL_SPEED_1000 RTE_BIT32(9)
#define ASM82545_CTRL_FRCSPD     RTE_BIT32(11) /* Force Speed */
#define ASM82545_CTRL_FRCDPLX    RTE_BIT32(12) /* Force Duplex */
#define ASM82545_CTRL_RST        RTE_BIT32(26) /* Device Reset */
#define ASM82545_CTRL_RFCE       RTE_BIT32(27) /* Receive Flow Control Enable */
#define ASM82545_CTRL_TFCE       RTE_BIT32(28) /* Transmit Flow Control Enable */
#define ASM82545_CTRL_VME        RTE_BIT32(30) /* VLAN Mode Enable */
#define ASM82545_CTRL_PHY_RST    RTE_BIT32(31) /* PHY Reset */

/* §13.4.2 STATUS */
#define ASM82545_STATUS_FD        RTE_BIT32(0)
#define ASM82545_STATUS_LU        RTE_BIT32(1) /* Link Up */
#define ASM82545_STATUS_TXOFF     RTE_BIT32(4) /* Transmission Paused */
#define ASM82545_STATUS_TBIMODE   RTE_BIT32(5)
#define ASM82545_STATUS_SPEED_M   (RTE_BIT32(6) | RTE_BIT32(7))
#define ASM82545_STATUS_SPEED_100 RTE_BIT32(6)
#define ASM82545_STATUS_SPEED_10  0
#define ASM82545_STATUS_PCIX      RTE_BIT32(13) /* PCI-X mode */

/* §13.4.3 EECD */
#define ASM82545_EECD_SK         RTE_BIT32(0) /* clock */
#define ASM82545_EECD_CS         RTE_BIT32(1) /* chip select */
#define ASM82545_EECD_DI         RTE_BIT32(2) /* to the EEPROM */
#define ASM82545_EECD_DO         RTE_BIT32(3) /* from the EEPROM */
#define ASM82545_EECD_REQ        RTE_BIT32(6) /* request access */
#define ASM82545_EECD_GNT        RTE_BIT32(7) /* granted */
#define ASM82545_EECD_SIZE       RTE_BIT32(9) /* 256 words, else 64 */

/* §13.4.4 EERD: the 82545 has DONE in bit 4 and ADDR in 15:8. */
#define ASM82545_EERD_START      RTE_BIT32(0)
#define ASM82545_EERD_DONE       RTE_BIT32(4)
#define ASM82545_EERD_ADDR_S     8
#define ASM82545_EERD_DATA_S     16

/* §13.4.6 CTRL_EXT */
#define ASM82545_CTRL_EXT_LINK_MODE_M (RTE_BIT32(22) | RTE_BIT32(23))

/* §13.4.7 MDIC */
#define ASM82545_MDIC_REG_S      16
#define ASM82545_MDIC_PHY_1      (1u << 21) /* the internal PHY's address */
#define ASM82545_MDIC_OP_WRITE   RTE_BIT32(26)
#define ASM82545_MDIC_OP_READ    RTE_BIT32(27)
#define ASM82545_MDIC_R          RTE_BIT32(28) /* Ready */
#define ASM82545_MDIC_E          RTE_BIT32(30) /* Error */
#define ASM82545_MDIC_DATA_M     0xFFFFu

/* §8.7, §13.4.8-12: the values that 802.3x defines. */
#define ASM82545_FCAL_PAUSE      0x00C28001u
#define ASM82545_FCAH_PAUSE      0x00000100u
#define ASM82545_FCT_PAUSE       0x8808u
#define ASM82545_FCRTL_XONE      RTE_BIT32(31) /* XON Enable */

/* §13.4.13 TXCW */
#define ASM82545_TXCW_FD         RTE_BIT32(5)  /* advertise full duplex */
#define ASM82545_TXCW_PAUSE      RTE_BIT32(7)
#define ASM82545_TXCW_ASM_DIR    RTE_BIT32(8)
#define ASM82545_TXCW_ANE        RTE_BIT32(31) /* Auto-Negotiation Enable */

/* §13.4.16 PBA: KiB of the 64 for receive, a multiple of 8. */
#define ASM82545_PBA_TOTAL_KB    64
#define ASM82545_PBA_RX_KB       40

/* §13.4.17 ICR, also ICS, IMS, IMC */
#define ASM82545_INT_TXDW        RTE_BIT32(0)  /* Transmit Descriptor Written Back */
#define ASM82545_INT_LSC         RTE_BIT32(2)  /* Link Status Change */
#define ASM82545_INT_RXSEQ       RTE_BIT32(3)  /* Receive Sequence Error */
#define ASM82545_INT_RXDMT0      RTE_BIT32(4)  /* Receive Descriptor Minimum Threshold */
#define ASM82545_INT_RXO         RTE_BIT32(6)  /* Receiver Overrun */
#define ASM82545_INT_RXT0        RTE_BIT32(7)  /* Receiver Timer */
#define ASM82545_INT_ALL         0xFFFFFFFFu

/* §13.4.22 RCTL */
#define ASM82545_RCTL_EN         RTE_BIT32(1)
#define ASM82545_RCTL_UPE        RTE_BIT32(3)  /* Unicast Promiscuous */
#define ASM82545_RCTL_MPE        RTE_BIT32(4)  /* Multicast Promiscuous */
#define ASM82545_RCTL_LPE        RTE_BIT32(5)  /* Long Packet Reception */
#define ASM82545_RCTL_LBM_M      (RTE_BIT32(6) | RTE_BIT32(7)) /* Loopback Mode */
#define ASM82545_RCTL_PMCF       RTE_BIT32(23) /* Pass MAC Control Frames */
#define ASM82545_RCTL_BAM        RTE_BIT32(15) /* Broadcast Accept Mode */
#define ASM82545_RCTL_BSIZE_S    16            /* Receive Buffer Size, two bits */
#define ASM82545_RCTL_VFE        RTE_BIT32(18) /* VLAN Filter Enable */
#define ASM82545_RCTL_BSEX       RTE_BIT32(25) /* Buffer Size Extension */
#define ASM82545_RCTL_SECRC      RTE_BIT32(26) /* Strip Ethernet CRC */

/* §13.4.33 TCTL */
#define ASM82545_TCTL_EN         RTE_BIT32(1)
#define ASM82545_TCTL_PSP        RTE_BIT32(3)  /* Pad Short Packets */
#define ASM82545_TCTL_CT_S       4             /* Collision Threshold */
#define ASM82545_TCTL_COLD_S     12            /* Collision Distance */
#define ASM82545_TCTL_RTLC       RTE_BIT32(24) /* Re-transmit on Late Collision */

/* §13.4.34 TIPG fields */
#define ASM82545_TIPG_IPGR1_S    10
#define ASM82545_TIPG_IPGR2_S    20

/* §13.4.43 TXDCTL, §13.4.46 RXDCTL */
#define ASM82545_XDCTL_WTHRESH_S 16
#define ASM82545_XDCTL_GRAN      RTE_BIT32(24) /* Granularity: descriptors */

/* §13.4.47 RXCSUM */
#define ASM82545_RXCSUM_IPOFLD   RTE_BIT32(8)
#define ASM82545_RXCSUM_TUOFLD   RTE_BIT32(9)
#define ASM82545_RXCSUM_IPV6OFL  RTE_BIT32(10)
/* §3.2.9: each stage passes on what the next one needs, so all or none. */
#define ASM82545_RXCSUM_ALL \
	(ASM82545_RXCSUM_IPOFLD | ASM82545_RXCSUM_TUOFLD | ASM82545_RXCSUM_IPV6OFL)

/* §13.5 filters */
#define ASM82545_NB_RAR          16
#define ASM82545_NB_MTA          128
#define ASM82545_NB_VFTA         128
#define ASM82545_RAH_AV          RTE_BIT32(31) /* Address Valid */

#define ASM82545_MANC_SMBUS_EN   RTE_BIT32(0)
#define ASM82545_MANC_ARP_EN     RTE_BIT32(13)

/* §2.4, T4-2: IOADDR and IODATA in the I/O BAR. */
#define ASM82545_IOADDR          0
#define ASM82545_IODATA          4

/* §5.6 EEPROM */
#define ASM82545_EEPROM_WORDS    64
#define ASM82545_EEPROM_SUM      0xBABA /* §5.6.35: of words 00h to 3Fh */

/* §13.4.7.1 PHY registers */
enum asm82545_phy_reg {
	ASM82545_PHY_PCTRL   = 0,  /* §13.4.7.1.1 PHY Control */
	ASM82545_PHY_PSTATUS = 1,  /* §13.4.7.1.2 PHY Status */
	ASM82545_PHY_ID1     = 2,  /* §13.4.7.1.3 PHY Identifier (LSB) */
	ASM82545_PHY_ID2     = 3,  /* §13.4.7.1.4 PHY Identifier (MSB) */
	ASM82545_PHY_ANA     = 4,  /* §13.4.7.1.5 Auto-Negotiation Advertisement */
	ASM82545_PHY_LPA     = 5,  /* §13.4.7.1.6 Link Partner Ability */
	ASM82545_PHY_GCON    = 9,  /* §13.4.7.1.10 1000BASE-T Control */
	ASM82545_PHY_PSCON   = 16, /* §13.4.7.1.13 PHY Specific Control */
};
#define ASM82545_PCTRL_RESET       RTE_BIT32(15)
#define ASM82545_PCTRL_LOOPBACK    RTE_BIT32(14)
#define ASM82545_PCTRL_SPEED_LSB   RTE_BIT32(13)
#define ASM82545_PCTRL_AN_EN       RTE_BIT32(12)
#define ASM82545_PCTRL_POWER_DOWN  RTE_BIT32(11)
#define ASM82545_PCTRL_ISOLATE     RTE_BIT32(10)
#define ASM82545_PCTRL_RESTART_AN  RTE_BIT32(9)
#define ASM82545_PCTRL_FD          RTE_BIT32(8)
#define ASM82545_PCTRL_SPEED_MSB   RTE_BIT32(6)
#define ASM82545_PCTRL_MODE_M \
	(ASM82545_PCTRL_SPEED_LSB | ASM82545_PCTRL_SPEED_MSB | ASM82545_PCTRL_FD)
#define ASM82545_PCTRL_ASLEEP \
	(ASM82545_PCTRL_POWER_DOWN | ASM82545_PCTRL_ISOLATE | ASM82545_PCTRL_LOOPBACK)
#define ASM82545_ANA_SELECTOR      0x0001 /* IEEE 802.3 */
#define ASM82545_ANA_10HD          RTE_BIT32(5)
#define ASM82545_ANA_10FD          RTE_BIT32(6)
#define ASM82545_ANA_100HD         RTE_BIT32(7)
#define ASM82545_ANA_100FD         RTE_BIT32(8)
#define ASM82545_ANA_10_100 \
	(ASM82545_ANA_10HD | ASM82545_ANA_10FD | ASM82545_ANA_100HD | ASM82545_ANA_100FD)
#define ASM82545_ANA_PAUSE         RTE_BIT32(10)
#define ASM82545_ANA_ASM_DIR       RTE_BIT32(11)
#define ASM82545_GCON_1000FD       RTE_BIT32(9)
#define ASM82545_GCON_1000HD       RTE_BIT32(8)
#define ASM82545_PSCON_CRS_ON_TX   RTE_BIT32(11)
#define ASM82545_PSCON_FORCE_LINK  RTE_BIT32(10)
#define ASM82545_PSCON_AUTO_MDIX   (RTE_BIT32(5) | RTE_BIT32(6))

#endif /* ASM82545_REGS_H */
