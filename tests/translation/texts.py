"""Texts of many kinds, and how many tokens of OpenAI's `o200k_base` each is by tiktoken. Nothing was fitted to them."""
# ruff: noqa: E501, RUF001

from __future__ import annotations

TEXTS: dict[str, tuple[int, str]] = {
    "german": (
        103,
        """Sehr geehrte Kolleginnen und Kollegen, die Umstellung der Rechenzentrumsinfrastruktur beginnt am kommenden Donnerstag. Während der
Wartungsarbeiten stehen die Hochleistungsrechner voraussichtlich acht Stunden lang nicht zur Verfügung. Bitte speichern Sie Ihre
Zwischenergebnisse rechtzeitig und melden Sie Unregelmäßigkeiten an die Benutzerberatung. Die Geschwindigkeitsmessungen der
Strömungssimulation werden anschließend wiederholt, damit die Vergleichbarkeit der Versuchsreihen gewährleistet bleibt.
""",
    ),
    "finnish": (
        127,
        """Laboratorion uusi mittauslaitteisto otetaan käyttöön ensi viikolla. Tutkijoiden on varattava aikansa etukäteen, koska
jäähdytysjärjestelmän huolto kestää kolme päivää eikä näytteitä voida silloin käsitellä. Aineiston tallentamisesta vastaa jokainen
tutkimusryhmä itse, ja varmuuskopiot on säilytettävä vähintään viisi vuotta. Lisätietoja antaa käyttäjätuki, jonka yhteystiedot
löytyvät ilmoitustaululta.
""",
    ),
    "capitals": (
        78,
        """WARNING: THE COOLING CIRCUIT MUST BE RUNNING BEFORE THE MAGNET IS ENERGISED. DO NOT OPEN THE SHIELDED ENCLOSURE WHILE THE BEAM IS ON.
IN AN EMERGENCY PRESS THE RED BUTTON NEAR THE DOOR, LEAVE THE HALL, AND CALL THE CONTROL ROOM. UNAUTHORISED PERSONS WILL BE REMOVED.
""",
    ),
    "c header": (
        184,
        """#ifndef LATTICE_SOLVER_H
#define LATTICE_SOLVER_H

#include <stddef.h>
#include <stdint.h>

#define LATTICE_MAX_DIM      4
#define LATTICE_FLAG_PERIODIC (1u << 0)

typedef struct lattice_grid {
    size_t   extent[LATTICE_MAX_DIM];   /* sites in each direction */
    uint32_t flags;
    double  *field;                     /* owned by the caller */
} lattice_grid_t;

/* Returns 0, or a negative errno where memory cannot be had. */
int  lattice_grid_init(lattice_grid_t *grid, const size_t *extent, unsigned int ndim, uint32_t flags);
void lattice_grid_free(lattice_grid_t *grid);
double lattice_relax(lattice_grid_t *grid, double omega, unsigned long max_sweeps, double tolerance);

#endif /* LATTICE_SOLVER_H */
""",
    ),
    "chinese": (
        65,
        """实验室将于下周启用新的测量设备。由于冷却系统需要维护三天，研究人员必须提前预约，期间无法处理样品。每个研究小组自行负责保存数据，备份至少保留五年。如有疑问，请联系用户支持，联系方式见公告栏。
""",
    ),
    "japanese": (
        79,
        """来週から新しい測定装置の運用を開始します。冷却システムの保守に三日間かかるため、その間は試料を扱うことができません。研究者の皆様は事前に予約をお願いいたします。データの保存は各研究グループの責任で行ってください。
""",
    ),
    "korean": (
        52,
        """다음 주부터 새로운 측정 장비를 사용할 수 있습니다. 냉각 장치 점검에 사흘이 걸리므로 그동안에는 시료를 처리할 수 없습니다. 자료는 각 연구팀이 직접 보관해야 합니다.
""",
    ),
    "russian": (
        48,
        """На следующей неделе лаборатория начнёт работать на новом измерительном оборудовании. Обслуживание системы охлаждения займёт три дня, поэтому образцы в это время не принимаются. Каждая группа хранит свои данные самостоятельно.
""",
    ),
    "hindi": (
        42,
        """प्रयोगशाला अगले सप्ताह से नए मापन उपकरण का उपयोग शुरू करेगी। शीतलन प्रणाली के रखरखाव में तीन दिन लगेंगे, इसलिए उस समय नमूने नहीं लिए जाएंगे।
""",
    ),
    "fortran": (
        104,
        """      SUBROUTINE DAXPY(N,DA,DX,INCX,DY,INCY)
      DOUBLE PRECISION DA, DX(*), DY(*)
      INTEGER I, INCX, INCY, N
      IF (N.LE.0) RETURN
      IF (DA.EQ.0.0D0) RETURN
      DO 10 I = 1,N
         DY(I) = DY(I) + DA*DX(I)
   10 CONTINUE
      END
""",
    ),
    "numbers": (
        105,
        """time,temperature,pressure,flow
0.000,293.15,101325.0,0.0321
0.125,293.47,101318.6,0.0324
0.250,294.02,101301.9,0.0330
0.375,294.88,101290.3,0.0341
1.500e-03,-17.25,9.8066e+01,3.14159265
""",
    ),
    "json lines": (
        117,
        """{"id":"8f14e45f-ceea-467f-a83e-2d6b7a1c9f00","ts":1764300123.52,"level":"warn","tags":["beam","dump"],"value":null}
{"id":"c9f0f895-fb98-4b91-9a9d-8c1f0a77d2e1","ts":1764300124.01,"level":"info","tags":[],"value":{"x":-1.5,"ok":true}}
""",
    ),
}
