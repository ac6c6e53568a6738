//! Every country in one table: its code, and what its phone numbers look like.
//!
//! A row is alpha-2, trunk prefix, fewest and most digits of a national number (hexadecimal) and
//! calling code, padded to [`ROW`] bytes; rows ascend by calling code. Alpha-3 is in the list of
//! names, where it costs nothing in a page that never sees one.
//!
//! The trunk prefix is `0`, `1`, `8`, `6` for 06, `-` for none, `z` for none where numbers themselves
//! may start with a zero. Sources: ISO 3166-1 and Kosovo's `XK`; ITU-T E.164 and the metadata of
//! libphonenumber (Apache-2.0), from which lengths that no subscriber has were left out. The whole
//! of that metadata is several times the browser build.

/// The bytes of a row.
const ROW: usize = 8;
/// How many countries there are.
pub(super) const COUNT: usize = 250;

/// One country a row.
const ROWS: &[u8; ROW * COUNT] = b"\
    aq-00   bv-00   gs-00   hm-00   pn-00   tf-00   um-00   ag1aa1  ai1aa1  as1aa1  bb1aa1  \
    bm1aa1  bs1aa1  ca1aa1  dm1aa1  do1aa1  gd1aa1  gu1aa1  jm1aa1  kn1aa1  ky1aa1  lc1aa1  \
    mp1aa1  ms1aa1  pr1aa1  sx1aa1  tc1aa1  tt1aa1  us1aa1  vc1aa1  vg1aa1  vi1aa1  eg08a20 \
    ss099211eh099212ma099212dz089213tn-88216ly099218gm-79220sn-99221mr-88222ml-88223gn-89224\
    cizaa225bf-88226ne-88227tg-88228bjzaa229mu-78230lr079231sl088232gh099233ng0aa234td-88235\
    cf-88236cm-99237cv-77238st-77239gq-99240gaz78241cgz99242cd07a243ao-99244gw-99245io-77246\
    sc-77248sd099249rw089250et099251so069252dj-88253ke079254tz099255ug099256bi-88257mz-89258\
    zm099260mg099261re099262yt099262zw099263na089264mw079265ls-88266bw-78267sz-88268km-77269\
    za05927 sh-45290er077291aw-77297fo-66298gl-66299gr-aa30 nl09b31 be08932 fr09933 es-9934 \
    gi-88350pt-99351lu-4a352ie07a353is-79354al089355mt-88356cy-88357fi05a358ax06a358bg069359\
    hu68936 lt088370lv-88371ee-78372md088373am088374by899375ad-68376mc089377smz8a378ua099380\
    rs07a381me088382xk08c383hr089385si088386ba089387mk088389itz6b39 vaz6b39 ro06940 ch09941 \
    cz-99420sk069421li079423at04b43 gb09a44 gg0aa44 im0aa44 je0aa44 dk-8845 se07946 no-8847 \
    sj-8847 pl-7948 de05b49 fk-55500bz-77501gt-88502sv-88503hn-88504ni-88505cr-88506pa-78507\
    pm069508ht-88509pe08951 mx-aa52 cu06a53 ar0ab54 br0ab55 cl-9956 co08a57 ve0aa58 bl099590\
    gp099590mf099590bo088591gy-77592ec089593gf099594py079595mq099596sr-67597uy088598bq-77599\
    cw-78599my08a60 au09961 cc09961 cx09961 id07c62 ph06a63 nz08a64 sg-8865 th08966 tl-78670\
    nf-66672bn-77673nr-77674pg-78675to-57676sb-57677vu-57678fj-77679pw-77680wf-66681ck-55682\
    nu-47683ws-57685ki058686nc-66687tv-57688pf-88689tk-47690fm-77691mh177692kz8aa7  ru8aa7  \
    jp09a81 kr05a82 vn09a84 kp08a850hk-88852mo-88853kh089855la08a856cn07b86 bd06a880tw089886\
    tr0aa90 in0aa91 pk09a92 af09993 lk09994 mm06a95 mv-77960lb078961jo089962sy089963iq08a964\
    kw-88965sa099966ye079967om-88968ps089970ae089971il089972bh-88973qa-88974bt-78975mn08a976\
    np08a977ir06a98 tj-99992tm888993az099994ge099995kg099996uz-99998\
";

/// The same by columns: a third less to load, because each column compresses by itself.
static COLUMNS: [[u8; COUNT]; ROW] = {
    let mut columns = [[0; COUNT]; ROW];
    let mut at = 0;
    while at < ROWS.len() {
        columns[at % ROW][at / ROW] = ROWS[at];
        at += 1;
    }
    columns
};

/// A byte of a row; where there is none, a space.
#[inline(never)]
pub(super) fn byte(row: usize, at: usize) -> u8 {
    COLUMNS.get(at).and_then(|column| column.get(row)).copied().unwrap_or(b' ')
}

/// The row with an alpha-2 code, by an index that a page does without.
#[cfg(not(feature = "customer"))]
pub(super) fn row(code: [u8; 2]) -> Option<usize> {
    let [first, second] = code.map(|letter| usize::from(letter.wrapping_sub(b'a')));
    let row = BY_CODE.get(first)?.get(second)?;
    usize::from(*row).checked_sub(1)
}

/// One more than each code's row, by its two letters; 0 is no country.
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
