/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef MODEL82545_REGS_H
#define MODEL82545_REGS_H

/*
 * Registers and descriptors as the model knows them, taken from the manual
 * apart from the driver's headers: a slip in either shows as a difference.
 */

#include <rte_bitops.h>

#define M_REGS_SIZE    0x20000

enum model82545_reg {
	M_CTRL     = 0x0000,
	M_CTRL_DUP = 0x0004,
	M_STATUS   = 0x0008,
	M_EECD     = 0x0010,
	M_EERD     = 0x0014,
	M_CTRL_EXT = 0x0018,
	M_MDIC     = 0x0020,
	M_FCAL     = 0x0028,
	M_FCAH     = 0x002C,
	M_FCT      = 0x0030,
	M_VET      = 0x0038,
	M_ICR      = 0x00C0,
	M_ITR      = 0x00C4,
	M_ICS      = 0x00C8,
	M_IMS      = 0x00D0,
	M_IMC      = 0x00D8,
	M_RCTL     = 0x0100,
	M_FCTTV    = 0x0170,
	M_TXCW     = 0x0178,
	M_RXCW     = 0x0180,
	M_TCTL     = 0x0400,
	M_TIPG     = 0x0410,
	M_AIFS     = 0x0458,
	M_LEDCTL   = 0x0E00,
	M_PBA      = 0x1000,
	M_FCRTL    = 0x2160,
	M_FCRTH    = 0x2168,
	M_RDFH     = 0x2410, /* RDFH RDFT RDFHS RDFTS RDFPC, 8 bytes apart */
	M_RDBAL    = 0x2800,
	M_RDBAH    = 0x2804,
	M_RDLEN    = 0x2808,
	M_RDH      = 0x2810,
	M_RDT      = 0x2818,
	M_RDTR     = 0x2820,
	M_RXDCTL   = 0x2828,
	M_RADV     = 0x282C,
	M_RSRPD    = 0x2C00,
	M_TDFH     = 0x3410, /* TDFH TDFT TDFHS TDFTS TDFPC, 8 bytes apart */
	M_TDBAL    = 0x3800,
	M_TDBAH    = 0x3804,
	M_TDLEN    = 0x3808,
	M_TDH      = 0x3810,
	M_TDT      = 0x3818,
	M_TIDV     = 0x3820,
	M_TXDCTL   = 0x3828,
	M_TADV     = 0x382C,
	M_TSPMT    = 0x3830,
	M_RXCSUM   = 0x5000,
	M_MTA      = 0x5200,
	M_RAL      = 0x5400,
	M_RAH      = 0x5404,
	M_VFTA     = 0x5600,
	M_WUC      = 0x5800,
	M_WUFC     = 0x5808,
	M_WUS      = 0x5810,
	M_MANC     = 0x5820,
	M_IPAV     = 0x5838,
	M_IP4AT    = 0x5840,
	M_IP6AT    = 0x5880,
	M_WUPL     = 0x5900,
	M_WUPM     = 0x5A00,
	M_FFLT     = 0x5F00,
	M_FFMT     = 0x9000,
	M_FFVT     = 0x9800,
	M_PBM      = 0x10000,
};

/* §13.7, statistics */
enum model82545_stat {
	M_CRCERRS  = 0x4000,
	M_SYMERRS  = 0x4008,
	M_RXERRC   = 0x400C,
	M_MPC      = 0x4010,
	M_SEC      = 0x4038,
	M_PRC64    = 0x405C, /* six size classes */
	M_GPRC     = 0x4074,
	M_BPRC     = 0x4078,
	M_MPRC     = 0x407C,
	M_GPTC     = 0x4080,
	M_GORCL    = 0x4088,
	M_GOTCL    = 0x4090,
	M_RNBC     = 0x40A0,
	M_RUC      = 0x40A4,
	M_ROC      = 0x40AC,
	M_TORL     = 0x40C0,
	M_TOTL     = 0x40C8,
	M_TPR      = 0x40D0,
	M_TPT      = 0x40D4,
	M_PTC64    = 0x40D8, /* six size classes */
	M_MPTC     = 0x40F0,
	M_BPTC     = 0x40F4,
	M_TSCTC    = 0x40F8,
	M_TSCTFC   = 0x40FC,
};

#define M_CTRL_FD           RTE_BIT32(0)
#define M_CTRL_LRST         RTE_BIT32(3)
#define M_CTRL_SLU          RTE_BIT32(6)
#define M_CTRL_SPEED_1000   RTE_BIT32(9)
#define M_CTRL_FRCSPD       RTE_BIT32(11)
#define M_CTRL_FRCDPLX      RTE_BIT32(12)
#define M_CTRL_RST          RTE_BIT32(26)
#define M_CTRL_VME          RTE_BIT32(30)
#define M_CTRL_PHY_RST      RTE_BIT32(31)

#define M_STATUS_FD         RTE_BIT32(0)
#define M_STATUS_LU         RTE_BIT32(1)
#define M_STATUS_TXOFF      RTE_BIT32(4)
#define M_STATUS_TBIMODE    RTE_BIT32(5)
#define M_STATUS_SPEED_100  RTE_BIT32(6)
#define M_STATUS_SPEED_1000 RTE_BIT32(7)
#define M_STATUS_PCIX       RTE_BIT32(13)

#define M_EECD_SK           RTE_BIT32(0)
#define M_EECD_CS           RTE_BIT32(1)
#define M_EECD_DI           RTE_BIT32(2)
#define M_EECD_DO           RTE_BIT32(3)
#define M_EECD_REQ          RTE_BIT32(6)
#define M_EECD_GNT          RTE_BIT32(7)
#define M_EECD_PRES         RTE_BIT32(8)

#define M_EERD_START        RTE_BIT32(0)
#define M_EERD_DONE         RTE_BIT32(4)

#define M_MDIC_OP_WRITE     1
#define M_MDIC_OP_READ      2
#define M_MDIC_R            RTE_BIT32(28)
#define M_MDIC_I            RTE_BIT32(29)
#define M_MDIC_E            RTE_BIT32(30)

#define M_TXCW_ANE          RTE_BIT32(31)
#define M_RXCW_ANC          RTE_BIT32(31)
#define M_RXCW_SYNC         RTE_BIT32(30)

#define M_INT_TXDW          RTE_BIT32(0)
#define M_INT_TXQE          RTE_BIT32(1)
#define M_INT_LSC           RTE_BIT32(2)
#define M_INT_RXDMT0        RTE_BIT32(4)
#define M_INT_RXO           RTE_BIT32(6)
#define M_INT_RXT0          RTE_BIT32(7)

#define M_RCTL_EN           RTE_BIT32(1)
#define M_RCTL_SBP          RTE_BIT32(2)
#define M_RCTL_UPE          RTE_BIT32(3)
#define M_RCTL_MPE          RTE_BIT32(4)
#define M_RCTL_LPE          RTE_BIT32(5)
#define M_RCTL_BAM          RTE_BIT32(15)
#define M_RCTL_VFE          RTE_BIT32(18)
#define M_RCTL_BSEX         RTE_BIT32(25)
#define M_RCTL_SECRC        RTE_BIT32(26)

#define M_TCTL_EN           RTE_BIT32(1)
#define M_TCTL_PSP          RTE_BIT32(3)

#define M_RXCSUM_IPOFLD     RTE_BIT32(8)
#define M_RXCSUM_TUOFLD     RTE_BIT32(9)
#define M_RXCSUM_IPV6OFL    RTE_BIT32(10)

#define M_RAH_AV            RTE_BIT32(31)

#define M_MANC_ARP_EN       RTE_BIT32(13)

/* §3.2.3 */
#define M_RXD_DD            RTE_BIT64(32)
#define M_RXD_EOP           RTE_BIT64(33)
#define M_RXD_IXSM          RTE_BIT64(34)
#define M_RXD_VP            RTE_BIT64(35)
#define M_RXD_TCPCS         RTE_BIT64(37)
#define M_RXD_IPCS          RTE_BIT64(38)
#define M_RXD_PIF           RTE_BIT64(39)
#define M_RXD_CE            RTE_BIT64(40)
#define M_RXD_SE            RTE_BIT64(41)
#define M_RXD_SEQ           RTE_BIT64(42)
#define M_RXD_TCPE          RTE_BIT64(45)
#define M_RXD_IPE           RTE_BIT64(46)
#define M_RXD_RXE           RTE_BIT64(47)
#define M_RXD_ERRORS        (M_RXD_CE | M_RXD_SE | M_RXD_SEQ | M_RXD_RXE)

/* §3.3.3, §3.3.6, §3.3.7 */
#define M_TXD_EOP           RTE_BIT64(24)
#define M_TXD_IFCS          RTE_BIT64(25)
#define M_TXD_IC            RTE_BIT64(26) /* legacy */
#define M_TXD_TSE           RTE_BIT64(26) /* context, data */
#define M_TXD_RS            RTE_BIT64(27)
#define M_TXD_RPS           RTE_BIT64(28)
#define M_TXD_DEXT          RTE_BIT64(29)
#define M_TXD_VLE           RTE_BIT64(30) /* legacy, data */
#define M_TXD_IDE           RTE_BIT64(31)
#define M_TXD_DD            RTE_BIT64(32)
#define M_TXD_TUCMD_TCP     RTE_BIT64(24)
#define M_TXD_TUCMD_IP      RTE_BIT64(25)
#define M_TXD_POPTS_IXSM    RTE_BIT64(40)
#define M_TXD_POPTS_TXSM    RTE_BIT64(41)

/* PHY registers, by number */
enum model82545_phy_reg {
	M_PHY_PCTRL   = 0,
	M_PHY_PSTATUS = 1,
	M_PHY_ID1     = 2,
	M_PHY_ID2     = 3,
	M_PHY_ANA     = 4,
	M_PHY_LPA     = 5,
	M_PHY_ANE     = 6,
	M_PHY_GCON    = 9,
	M_PHY_GSTATUS = 10,
	M_PHY_PSCON   = 16,
	M_PHY_PSSTAT  = 17,
	M_PHY_PREC    = 21,
};
#define M_PCTRL_RESET       RTE_BIT32(15)
#define M_PCTRL_LOOPBACK    RTE_BIT32(14)
#define M_PCTRL_AN_EN       RTE_BIT32(12)
#define M_PCTRL_POWER_DOWN  RTE_BIT32(11)
#define M_PCTRL_ISOLATE     RTE_BIT32(10)
#define M_PCTRL_RESTART_AN  RTE_BIT32(9)
#define M_PCTRL_FD          RTE_BIT32(8)
#define M_PCTRL_SPEED_1000  RTE_BIT32(6)
#define M_PCTRL_SPEED_100   RTE_BIT32(13)
#define M_PSTATUS_LINK      RTE_BIT32(2)
#define M_PSTATUS_AN_DONE   RTE_BIT32(5)
#define M_PSSTAT_LINK       RTE_BIT32(10)
#define M_PSSTAT_RESOLVED   RTE_BIT32(11)
#define M_PSSTAT_FD         RTE_BIT32(13)
#define M_PSSTAT_SPEED_S    14

#endif /* MODEL82545_REGS_H */
