//! The table of countries: their codes and the rules of their phone numbers.
//!
//! A row has the alpha-2 code, the trunk prefix, the minimum and the maximum number of digits of a
//! national number (hexadecimal) and the calling code, padded to [`ROW`] bytes. Rows ascend by
//! calling code. The minimum is used only for countries whose trunk prefix is `0` or `6`; it is 0
//! for all others. Alpha-3 codes are in the list of names, which a page loads only when a value
//! needs it.
//!
//! The trunk prefix is `0`, `1`, `8`, `6` for 06, `-` for none, or `z` for none in countries whose
//! numbers may start with a zero. Sources: ISO 3166-1 and Kosovo's `XK`; ITU-T E.164 and the
//! metadata of libphonenumber (Apache-2.0), without number lengths that no subscriber has. The full
//! metadata is several times as large as the browser build.

/// The length of a row, in bytes.
const ROW: usize = 8;
/// The number of countries.
pub(super) const COUNT: usize = 250;

/// The table, one country per row.
const ROWS: &[u8; ROW * COUNT] = b"\
    aq-00   bv-00   gs-00   hm-00   pn-00   tf-00   um-00   ag10a1  ai10a1  as10a1  bb10a1  \
    bm10a1  bs10a1  ca10a1  dm10a1  do10a1  gd10a1  gu10a1  jm10a1  kn10a1  ky10a1  lc10a1  \
    mp10a1  ms10a1  pr10a1  sx10a1  tc10a1  tt10a1  us10a1  vc10a1  vg10a1  vi10a1  eg08a20 \
    ss099211eh099212ma099212dz089213tn-08216ly099218gm-09220sn-09221mr-08222ml-08223gn-09224\
    ciz0a225bf-08226ne-08227tg-08228bjz0a229mu-08230lr079231sl088232gh099233ng0aa234td-08235\
    cf-08236cm-09237cv-07238st-07239gq-09240gaz08241cgz09242cd07a243ao-09244gw-09245io-07246\
    sc-07248sd099249rw089250et099251so069252dj-08253ke079254tz099255ug099256bi-08257mz-09258\
    zm099260mg099261re099262yt099262zw099263na089264mw079265ls-08266bw-08267sz-08268km-07269\
    za05927 sh-05290er077291aw-07297fo-06298gl-06299gr-0a30 nl09b31 be08932 fr09933 es-0934 \
    gi-08350pt-09351lu-0a352ie07a353is-09354al089355mt-08356cy-08357fi05a358ax06a358bg069359\
    hu68936 lt088370lv-08371ee-08372md088373am088374by809375ad-08376mc089377smz0a378ua099380\
    rs07a381me088382xk08c383hr089385si088386ba089387mk088389itz0b39 vaz0b39 ro06940 ch09941 \
    cz-09420sk069421li079423at04b43 gb09a44 gg0aa44 im0aa44 je0aa44 dk-0845 se07946 no-0847 \
    sj-0847 pl-0948 de05b49 fk-05500bz-07501gt-08502sv-08503hn-08504ni-08505cr-08506pa-08507\
    pm069508ht-08509pe08951 mx-0a52 cu06a53 ar0ab54 br0ab55 cl-0956 co08a57 ve0aa58 bl099590\
    gp099590mf099590bo088591gy-07592ec089593gf099594py079595mq099596sr-07597uy088598bq-07599\
    cw-08599my08a60 au09961 cc09961 cx09961 id07c62 ph06a63 nz08a64 sg-0865 th08966 tl-08670\
    nf-06672bn-07673nr-07674pg-08675to-07676sb-07677vu-07678fj-07679pw-07680wf-06681ck-05682\
    nu-07683ws-07685ki058686nc-06687tv-07688pf-08689tk-07690fm-07691mh107692kz80a7  ru80a7  \
    jp09a81 kr05a82 vn09a84 kp08a850hk-08852mo-08853kh089855la08a856cn07b86 bd06a880tw089886\
    tr0aa90 in0aa91 pk09a92 af09993 lk09994 mm06a95 mv-07960lb078961jo089962sy089963iq08a964\
    kw-08965sa099966ye079967om-08968ps089970ae089971il089972bh-08973qa-08974bt-08975mn08a976\
    np08a977ir06a98 tj-09992tm808993az099994ge099995kg099996uz-09998\
";

/// The same table by columns. A page loads a third less, because each column is compressed by
/// itself.
static COLUMNS: [[u8; COUNT]; ROW] = {
    let mut columns = [[0; COUNT]; ROW];
    let mut at = 0;
    while at < ROWS.len() {
        columns[at % ROW][at / ROW] = ROWS[at];
        at += 1;
    }
    columns
};

/// Returns byte `at` of a row, or a space if there is none.
#[inline(never)]
pub(super) fn byte(row: usize, at: usize) -> u8 {
    COLUMNS.get(at).and_then(|column| column.get(row)).copied().unwrap_or(b' ')
}

/// Returns the row of an alpha-2 code. It uses an index that is not in the build for pages.
#[cfg(not(feature = "customer"))]
pub(super) fn row(code: [u8; 2]) -> Option<usize> {
    let [first, second] = code.map(|letter| usize::from(letter.wrapping_sub(b'a')));
    let row = BY_CODE.get(first)?.get(second)?;
    usize::from(*row).checked_sub(1)
}

/// The row of each code plus one, by the code's two letters. 0 means no country.
#[cfg(not(feature = "customer"))]
static BY_CODE: [[u8; 26]; 26] = {
    let mut rows = [[0; 26]; 26];
    let mut row = 0;
    while row < COUNT {
        let [first, second] = [COLUMNS[0][row] - b'a', COLUMNS[1][row] - b'a'];
        row += 1;
        rows[first as usize][second as usize] = row as u8;
    }
    rows
};
